// The echo server on Node's net module.
'use strict';
const net = require('node:net');
const { announce, option } = require('./common.js');

const server = net.createServer({ noDelay: true }, (peer) => {
  peer.on('error', () => peer.destroy());
  peer.on('data', (data) => peer.write(data));
});
server.listen({ port: Number(option('--port')), host: '127.0.0.1', backlog: 4096 },
  () => announce(server));
