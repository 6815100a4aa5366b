const net = require('net');
const server = net.createServer().listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => {
    socket.on('close', () => {
      console.log('close');
      process.nextTick(() => console.log('tick of close'));
      setImmediate(() => console.log('immediate of close'));
    });
    setImmediate(() => console.log('immediate'));
    process.nextTick(() => console.log('tick'));
    socket.destroy();
    server.close();
  });
});
