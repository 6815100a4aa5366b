// The hello server on Node's http module.
'use strict';
const http = require('node:http');
const { announce, option } = require('./common.js');

const headers = ['Content-Type', 'text/plain', 'Content-Length', '13'];
const server = http.createServer((request, response) => {
  response.sendDate = false; // the others send none
  response.writeHead(200, headers);
  response.end('Hello, world!');
});
server.keepAliveTimeout = 0;
server.listen({ port: Number(option('--port')), host: '127.0.0.1', backlog: 4096 },
  () => announce(server));
