const net = require('net');
const server = net.createServer((socket) => {
  socket.once('data', (bytes) => {
    console.log(`server got ${bytes}`);
    socket.end(bytes);
  });
  server.close();
}).listen(0, '127.0.0.1', () => {
  const client = net.connect(server.address().port, '127.0.0.1', () => {
    console.log('connected');
    client.write('hello');
  });
  client.on('data', (bytes) => console.log(`client got ${bytes}`));
  client.on('end', () => console.log('end'));
});
