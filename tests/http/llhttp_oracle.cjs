// Asks the llhttp inside Node what it makes of byte streams: one line of base64 in, one line out.
//
// An answer is a list of words. Each message is
//   message METHOD target 1.minor keep|close upgrade|stay name value name value ... body BODY
// with targets, names, values and bodies in base64 behind a '=', and 'cut' in place of 'body BODY' for
// one that is not complete; 'error CODE' ends an answer in which llhttp refused.
//
// Each input goes to a fresh parser in one piece, without any of Node's leniency.
'use strict';

process.noDeprecation = true; // the parser is internal to Node, and this test knows it
const { HTTPParser, methods } = require('_http_common');
const readline = require('node:readline');

const kOnHeaders = HTTPParser.kOnHeaders | 0;
const kOnHeadersComplete = HTTPParser.kOnHeadersComplete | 0;
const kOnBody = HTTPParser.kOnBody | 0;
const kOnMessageComplete = HTTPParser.kOnMessageComplete | 0;

const encode = (text) => '=' + Buffer.from(text, 'latin1').toString('base64');

function judge(bytes) {
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {}, 1 << 20, HTTPParser.kLenientNone | 0);
  const words = [];
  let headers = [];
  let url = '';
  let body = null; // a list while a message is open
  parser[kOnHeaders] = (some, part) => {
    // Long heads come in several parts; after the head these are trailers, which are dropped.
    if (body !== null) return;
    headers.push(...some);
    url += part;
  };
  parser[kOnHeadersComplete] = (major, minor, rest, method, target, code, text, upgrade, keep) => {
    headers.push(...(rest || []));
    url += target || '';
    words.push('message', methods[method], encode(url), `${major}.${minor}`);
    words.push(keep ? 'keep' : 'close', upgrade ? 'upgrade' : 'stay', ...headers.map(encode));
    headers = [];
    url = '';
    body = [];
    return 0;
  };
  parser[kOnBody] = (chunk, offset, length) => {
    body.push(offset === undefined ? chunk : chunk.subarray(offset, offset + length));
  };
  parser[kOnMessageComplete] = () => {
    words.push('body', encode(Buffer.concat(body).toString('latin1')));
    body = null;
  };
  const result = parser.execute(bytes);
  if (body !== null) words.push('cut');
  if (result instanceof Error) words.push('error', result.code);
  return words.join(' ');
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(judge(Buffer.from(line, 'base64')) + '\n');
});
