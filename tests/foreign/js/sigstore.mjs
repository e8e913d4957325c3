// Asks sigstore's verifier about checkpoints and inclusion. What it exports wants a certificate or a bundle around them,
// so its two modules are taken by their paths.
import { createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { answer, describe, parseKey, parseProof } from './cases.mjs';

const require = createRequire(import.meta.url);
const { verifyCheckpoint } = require('@sigstore/verify/dist/tlog/checkpoint.js');
const { verifyMerkleInclusion } = require('@sigstore/verify/dist/tlog/merkle.js');

const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** Returns the log as sigstore's trusted root would name it: by the beginning of its id. */
function trusted({ name, id, bytes }) {
  const key = Buffer.concat([SPKI_ED25519, bytes]);
  const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
  const literally = new RegExp(`^${name.replace(/[^\w]/g, '\\$&')}$`); // it matches the name against this
  return { logID: id, baseURL: { match: (other) => literally.test(other) }, publicKey };
}

await answer((given) => {
  const key = parseKey(given.keys[0]);
  const proof = given.kind === 'proof' ? parseProof(Buffer.from(given.proof, 'base64')) : undefined;
  const envelope = proof?.checkpoint ?? Buffer.from(given.checkpoint, 'base64').toString('utf-8');
  const canonicalizedBody = Buffer.from(given.entry ?? '', 'base64');
  const inclusionProof = { checkpoint: { envelope }, logIndex: proof?.index, hashes: proof?.hashes };
  const entry = { inclusionProof, canonicalizedBody };
  const checkpoint = verifyCheckpoint(entry, [trusted(key)]);
  if (checkpoint.origin !== key.name || checkpoint.rest.length !== 0) throw new Error('it is of another log');
  if (proof) verifyMerkleInclusion(entry, checkpoint);
  const tree = { origin: checkpoint.origin, size: checkpoint.logSize, root: checkpoint.logHash };
  return describe(tree, proof?.index, canonicalizedBody);
});
