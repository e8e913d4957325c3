// Reads one case a line from standard input and writes one verdict a line: `ok <what was verified>` or `no <reason>`.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';

const HASH = 32;

/** Answers every case with what `verify` returns or throws. */
export async function answer(verify) {
  const lines = [];
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    let verdict;
    try {
      verdict = `ok ${verify(JSON.parse(line))}`;
    } catch (error) {
      verdict = `no ${JSON.stringify(String(error.message))}`;
    }
    lines.push(verdict);
  }
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** Returns the bytes of a base64 field in the one form that encodes them. */
export function decode(text) {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new Error('a field is not base64');
  return bytes;
}

/** Returns name, id, type and bytes of a key `name+id+base64`; the last part holds plus signs too. */
export function parseKey(text) {
  const [name, id] = text.split('+', 2);
  const data = decode(text.slice(name.length + id.length + 2));
  const hash = createHash('sha256').update(`${name}\n`).update(data).digest();
  if (hash.toString('hex', 0, 4) !== id) throw new Error('the id is of another key');
  return { name, id: hash.subarray(0, 4), type: data[0], bytes: data.subarray(1) };
}

/** Returns index, hashes and checkpoint of a proof file (C2SP tlog-proof). */
export function parseProof(bytes) {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end).split('\n');
  if (end < 0 || lines.shift() !== 'c2sp.org/tlog-proof@v1') throw new Error('it is no proof file');
  if (lines[0]?.startsWith('extra ')) lines.shift(); // signed by nobody
  const index = lines.shift()?.match(/^index (0|[1-9][0-9]{0,18})$/)?.[1];
  const hashes = lines.map(decode);
  if (index === undefined || hashes.some((hash) => hash.length !== HASH)) throw new Error('index or hash is none');
  return { index, hashes, checkpoint: text.slice(end + 2) };
}

/** Returns origin, size and root of a checkpoint's text in its one form. */
export function parseCheckpoint(text) {
  const [origin, size, root, ...rest] = text.split('\n');
  if (!origin || !/^(0|[1-9][0-9]{0,18})$/.test(size) || rest.length !== 1 || rest[0] !== '') {
    throw new Error('the checkpoint has not three lines');
  }
  const hash = decode(root);
  if (hash.length !== HASH) throw new Error('the root is none');
  return { origin, size: BigInt(size), root: hash };
}

/** Returns the statement that a verified proof makes; a leaf is hashed behind a zero byte. */
export function describe({ origin, size, root }, index, entry) {
  const tree = `${origin} ${size} ${root.toString('hex')}`;
  if (index === undefined) return tree;
  const leaf = createHash('sha256').update(Buffer.of(0)).update(entry).digest('hex');
  return `${tree} ${index} ${leaf}`;
}
