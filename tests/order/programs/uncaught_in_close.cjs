const net = require('net');
process.on('uncaughtException', (e) => console.log(`uncaught ${e.message}`));
const server = net.createServer().listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => {
    socket.on('close', () => { throw new Error('close'); });
    socket.destroy();
    server.close();
    setTimeout(() => console.log('the loop goes on'), 20);
  });
});
