// `npm start`: installs what is missing, builds what is stale, runs the mesh. See lib/start-mesh.mjs.
// This file keeps to what any Node can parse, so that an old one gets a sentence and not a syntax error.
const oldest = 20;
const major = Number(process.versions.node.split('.')[0]);
if (major < oldest) {
  console.error(
    'Tulle needs Node.js ' + oldest + ' or later to start; this is ' + process.version + '.',
  );
  console.error('Install a newer one from https://nodejs.org and run npm start again.');
  process.exit(1);
} else {
  import('./lib/start-mesh.mjs')
    .then(function (starter) {
      return starter.startMesh();
    })
    .catch(function (error) {
      console.error(error);
      process.exit(70);
    });
}
