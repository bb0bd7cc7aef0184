/**
 * PouchDB behind express-pouchdb on a free port of this machine: what is made for a PouchDB to replicate to, with LevelDB
 * (leveldown's own prebuilt one) on the disk. Says its address on standard output as one line of JSON.
 *
 *     node server.mjs FOLDER
 */
import express from 'express';
import serve from 'express-pouchdb';
import PouchDB from 'pouchdb';

const [folder] = process.argv.slice(2);
const app = express();
// Only what replication needs: no log, no authentication, no page for people.
app.use('/', serve(PouchDB.defaults({ prefix: `${folder}/` }), { mode: 'minimumForPouchDB' }));
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  process.stdout.write(`${JSON.stringify({ address: `http://127.0.0.1:${address.port}` })}\n`);
});
// Whoever started it is gone.
process.stdin.resume().on('end', () => process.exit());
