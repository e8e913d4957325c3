// Asks noble's ML-DSA-44 about the cosignature of a checkpoint (C2SP tlog-cosignature, type 0x06). The place of an entry
// is another program's question; with a proof file, its checkpoint is taken.
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { answer, decode, describe, parseCheckpoint, parseKey } from './cases.mjs';

const LABEL = Buffer.from('subtree/v1\n\0');
const PREFIX = '\u2014 ';

/** Returns text and lines of a note, divided at the last empty line. */
function parseNote(bytes) {
  const whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const end = whole.lastIndexOf('\n\n');
  if (end < 0 || !whole.endsWith('\n')) throw new Error('it is no note');
  const lines = whole.slice(end + 2, -1).split('\n').map((line) => {
    const [name, encoded, ...rest] = line.slice(PREFIX.length).split(' ');
    if (!line.startsWith(PREFIX) || !name || rest.length) throw new Error('a signature line is none');
    return { name, data: decode(encoded ?? '') };
  });
  return { text: whole.slice(0, end + 1), lines };
}

/** Returns a number of eight bytes. */
function eight(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(number);
  return bytes;
}

/** Returns the bytes that a cosigner signs. */
function message(name, time, { origin, size, root }) {
  const [cosigner, log] = [Buffer.from(name), Buffer.from(origin)];
  const head = [LABEL, Buffer.of(cosigner.length), cosigner, time, Buffer.of(log.length), log];
  return Buffer.concat([...head, eight(0n), eight(size), root]);
}

await answer((given) => {
  const key = parseKey(given.keys[0]);
  const { text, lines } = parseNote(Buffer.from(given.checkpoint, 'base64'));
  const tree = parseCheckpoint(text);
  const own = lines.filter(({ name, data }) => name === key.name && data.subarray(0, 4).equals(key.id));
  if (own.length !== 1 || key.type !== 6 || tree.origin !== key.name) throw new Error('this key did not sign it');
  const [time, signature] = [own[0].data.subarray(4, 12), own[0].data.subarray(12)];
  if (time.readBigUInt64BE() >= 1n << 63n) throw new Error('the time is none');
  if (!ml_dsa44.verify(signature, message(key.name, time, tree), key.bytes)) throw new Error('the signature is false');
  return describe(tree);
});
