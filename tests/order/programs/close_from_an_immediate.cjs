const net = require('net');
const server = net.createServer().listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => {
    socket.on('close', () => console.log('close, in the same turn'));
    setImmediate(() => {
      console.log('immediate');
      socket.destroy();
      setImmediate(() => console.log('immediate of the next turn'));
    });
    server.close();
  });
});
