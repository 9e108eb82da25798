// The programs of the lab, by the first argument: a server, a client that counts what is lost, and streams that are held.
const http = require('node:http');
const http2 = require('node:http2');
const { createHash } = require('node:crypto');

/** How long a server goes on after SIGTERM, so that every client has learnt that it leaves: what a preStop hook sleeps. */
const GRACE_MS = 8000;

const [program, target = '', option = ''] = process.argv.slice(2);
const say = (value) => console.log(JSON.stringify(value));

/** Answers every path; on SIGTERM it goes on for a while, as a server behind a balancer should, then ends. */
function serve() {
  const server = http.createServer((request, response) => {
    request.resume();
    request.once('end', () => response.end(`${process.env.HOSTNAME}\n`));
  });
  server.on('upgrade', (request, socket) => acceptWebSocket(request, socket));
  server.keepAliveTimeout = 60_000;
  server.listen(8080);
  process.once('SIGTERM', () => {
    setTimeout(() => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
    }, GRACE_MS);
    setTimeout(() => process.exit(0), 2 * GRACE_MS);
  });
}

/** RFC 6455, as much as is needed: sends a text frame each second. */
function acceptWebSocket(request, socket) {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let count = 0;
  const timer = setInterval(() => {
    const text = Buffer.from(String((count += 1)));
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  }, 1000);
  socket.on('error', () => {});
  socket.once('close', () => clearInterval(timer));
}

/** A gRPC server stream: one message each second until the client goes. */
function serveGrpc() {
  const server = http2.createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    const timer = setInterval(() => stream.write(Buffer.from([0, 0, 0, 0, 1, 7])), 1000);
    stream.on('error', () => {});
    stream.once('close', () => clearInterval(timer));
  });
  server.listen(8081);
}

/** Sends `option` requests a second and says each second how many were sent, answered and lost. */
function load() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const counts = { sent: 0, ok: 0, lost: 0, reasons: {} };
  const lose = (reason) => {
    counts.lost += 1;
    say({ lostAt: new Date().toISOString(), reason });
    counts.reasons[reason] = (counts.reasons[reason] ?? 0) + 1;
  };
  const send = () => {
    counts.sent += 1;
    const request = http.get(target, { agent, timeout: 20_000 }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) counts.ok += 1;
        else lose(`status ${response.statusCode}: ${String(response.headers['l5d-proxy-error'])}`);
      });
      response.once('error', (error) => lose(error.code ?? error.message));
    });
    request.once('timeout', () => request.destroy(new Error('timeout')));
    request.once('error', (error) => lose(error.code ?? error.message));
  };
  const timer = setInterval(send, 1000 / Number(option));
  setInterval(() => say({ atMs: Date.now(), ...counts }), 1000);
  process.once('SIGTERM', () => {
    clearInterval(timer);
    process.exit(0);
  });
}

/** Holds a WebSocket and a gRPC stream for `option` seconds; says what came through and ends with 1 when one broke. */
async function hold() {
  const seconds = Number(option);
  const results = await Promise.allSettled([
    holdWebSocket(`ws://${target}:8080/`, seconds),
    holdGrpc(`http://${target}:8081`, seconds),
  ]);
  const [webSocket, grpc] = results.map((result) =>
    result.status === 'fulfilled' ? result.value : String(result.reason),
  );
  say({ seconds, webSocket, grpc });
  process.exit(results.every(({ status }) => status === 'fulfilled') ? 0 : 1);
}

function holdWebSocket(url, seconds) {
  return new Promise((resolve, reject) => {
    let messages = 0;
    const socket = new WebSocket(url);
    socket.addEventListener('message', () => (messages += 1));
    socket.addEventListener('close', () => reject(new Error(`closed after ${messages} messages`)));
    socket.addEventListener('error', () => reject(new Error('the WebSocket failed')));
    setTimeout(() => resolve(messages), seconds * 1000);
  });
}

function holdGrpc(url, seconds) {
  return new Promise((resolve, reject) => {
    let messages = 0;
    const session = http2.connect(url);
    session.once('error', reject);
    const headers = {
      ':method': 'POST',
      ':path': '/lab.Clock/Tick',
      'content-type': 'application/grpc',
    };
    const stream = session.request({ ...headers, te: 'trailers' });
    stream.end(Buffer.from([0, 0, 0, 0, 0]));
    stream.on('data', (data) => (messages += data.length / 6));
    stream.once('error', reject);
    stream.once('close', () => reject(new Error(`closed after ${messages} messages`)));
    setTimeout(() => resolve(messages), seconds * 1000);
  });
}

/** One request, then the end: what a Job does. */
async function once() {
  const response = await fetch(target);
  say({ status: response.status, body: (await response.text()).trim() });
  process.exit(response.ok ? 0 : 1);
}

const PROGRAMS = { serve: () => (serve(), serveGrpc()), load, hold, once };
const start = PROGRAMS[program];
if (start === undefined) {
  console.error(`usage: lab.cjs ${Object.keys(PROGRAMS).join('|')} [TARGET] [OPTION]`);
  process.exit(64);
}
start();
