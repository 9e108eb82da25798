// What the transparency proof runs in pods: `serve` answers on every kind of port, `ask URL` asks until it is answered,
// `probe NAMESPACE` calls everything a meshed application may call and prints the answers as JSON.
const { createServer } = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { networkInterfaces } = require('node:os');
const { readFileSync } = require('node:fs');

const TIMEOUT_MS = 5000;
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

function serve() {
  const pod = process.env.HOSTNAME;
  createServer((request, response) => {
    request.resume().on('end', () => {
      const client = request.headers['l5d-client-id'] ?? null;
      response.end(
        JSON.stringify({ pod, uid: process.getuid(), client, from: request.socket.remoteAddress }),
      );
    });
  }).listen(8080);
  // 3306 is opaque by default: the server speaks first.
  tcp(3306, (socket) => {
    socket.write(`hello from ${pod}\n`);
    socket.once('data', (data) => socket.end(data));
  });
  // The client speaks first, and not HTTP.
  tcp(9000, (socket) => socket.once('data', (data) => socket.end(`echo ${data}`)));
}

function tcp(port, handle) {
  net.createServer((socket) => handle(socket.on('error', () => {}))).listen(port);
}

async function ask(url, left = 120) {
  try {
    console.log(await get(url));
  } catch (error) {
    if (left === 0) throw error;
    setTimeout(() => void ask(url, left - 1), 500);
  }
}

async function get(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  return response.text();
}

/** What the other end says until it closes, or how the connection failed. */
function dial(host, port, send) {
  return new Promise((resolve) => {
    let got = '';
    const socket = net.connect({ host, port });
    const timer = setTimeout(() => {
      resolve(`silence after "${got}"`);
      socket.destroy();
    }, TIMEOUT_MS);
    const settle = (text) => {
      clearTimeout(timer);
      resolve(text);
    };
    socket.on('connect', () => send !== null && socket.write(send));
    socket.on('data', (data) => {
      got += data;
      if (send === null && got.endsWith('\n')) socket.write('bye\n');
    });
    socket.on('end', () => {
      socket.end();
      settle(got);
    });
    socket.on('error', (error) => settle(error.code));
  });
}

function kubernetesVersion() {
  return new Promise((resolve) => {
    const options = {
      ca: readFileSync(`${ACCOUNT}/ca.crt`),
      headers: { authorization: `Bearer ${readFileSync(`${ACCOUNT}/token`, 'utf8')}` },
      timeout: TIMEOUT_MS,
    };
    https
      .get('https://kubernetes.default.svc/version', options, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('error', (error) => resolve(error.code));
  });
}

async function probe(namespace) {
  const json = async (url) => {
    try {
      return JSON.parse(await get(url));
    } catch (error) {
      return { failed: error.cause?.code ?? error.message };
    }
  };
  const [own] = Object.values(networkInterfaces())
    .flat()
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  const service = [];
  // Each connection goes to another pod; enough to have met both.
  for (let i = 0; i < 20; i += 1) service.push(await json('http://echo/'));
  console.log(
    JSON.stringify({
      own,
      service,
      fullName: await json(`http://echo.${namespace}.svc.cluster.local/`),
      headless: await json('http://peers:8080/'),
      statefulSet: await json(`http://peers-1.peers.${namespace}.svc.cluster.local:8080/`),
      ownAddress: await json(`http://${own}:8080/`),
      loopback: await json('http://127.0.0.1:8080/'),
      unmeshed: await json('http://plain/'),
      serverFirst: await dial('echo', 3306, null),
      serverFirstUnmeshed: await dial('plain', 3306, null),
      clientFirst: await dial('echo', 9000, 'hi\n'),
      outside: await kubernetesVersion(),
      nobody: await dial(own, 1, 'anybody?\n'),
      proxyItself: await dial('127.0.0.1', 4140, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
    }),
  );
}

const [, , command, argument] = process.argv;
({ serve, ask, probe })[command](argument);
