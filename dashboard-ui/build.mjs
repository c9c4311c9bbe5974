// Builds the web UI to dist/ (default), or the tests to build/tests/ (`node build.mjs tests`).
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const root = import.meta.dirname;
// Of what every browser of the last three years understands.
const target = ['chrome110', 'firefox115', 'safari16.4'];

// Compressed, as browsers get them.
const MAX_ALL_BYTES = 120_000;
const MAX_FIRST_PAGE_BYTES = 60_000;

async function ui() {
  const dist = join(root, 'dist');
  await rm(dist, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: [join(root, 'src/main.tsx')],
    outdir: join(dist, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'eof',
    metafile: true,
    absWorkingDir: root,
  });
  const entry = Object.keys(metafile.outputs).find(
    (file) => metafile.outputs[file].entryPoint === 'src/main.tsx',
  );
  // Styles of pages that load later are in the one sheet: a page never changes its looks.
  const style = metafile.outputs[entry].cssBundle;
  const page = await readFile(join(root, 'src/index.html'), 'utf8');
  const html = page
    .replace('{{script}}', `/assets/${basename(entry)}`)
    .replace('{{style}}', `/assets/${basename(style)}`);
  await writeFile(join(dist, 'index.html'), html);
  await writeFile(join(dist, 'assets/licenses.txt'), await licences(['preact', 'uplot']));
  await weigh(metafile, entry, style);
}

/** Says how large everything is, and fails where it is too large. */
async function weigh({ outputs }, entry, style) {
  const sizes = new Map();
  for (const file of Object.keys(outputs)) {
    sizes.set(file, brotliCompressSync(await readFile(join(root, file))).length);
  }
  const sum = (files) => [...files].reduce((total, file) => total + sizes.get(file), 0);
  const all = sum(sizes.keys());
  console.log(`all pages: ${all} bytes with brotli, at most ${MAX_ALL_BYTES}`);
  let worst = 0;
  for (const [file, { entryPoint }] of Object.entries(outputs)) {
    if (!entryPoint?.startsWith('src/pages/')) continue;
    const first = sum(new Set([style, ...needed(outputs, entry), ...needed(outputs, file)]));
    console.log(`${entryPoint}: ${first} bytes as the first page, at most ${MAX_FIRST_PAGE_BYTES}`);
    worst = Math.max(worst, first);
  }
  if (all > MAX_ALL_BYTES || worst > MAX_FIRST_PAGE_BYTES) {
    throw new Error('the web UI is too large: split or drop something');
  }
}

/** A file and what it loads before it runs. */
function needed(outputs, file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const { path, kind } of outputs[file].imports) {
    if (kind === 'import-statement') needed(outputs, path, found);
  }
  return found;
}

async function licences(packages) {
  const texts = packages.map(async (name) => {
    const text = await readFile(join(root, 'node_modules', name, 'LICENSE'), 'utf8');
    return `${name}\n\n${text}\n`;
  });
  return (await Promise.all(texts)).join('\n');
}

async function tests() {
  const out = join(root, 'build/tests');
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const sources = (await readdir(join(root, 'test'))).filter((file) => file.endsWith('.test.ts'));
  await build({
    entryPoints: sources.map((file) => join(root, 'test', file)),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    target: 'node20',
  });
}

await (process.argv[2] === 'tests' ? tests() : ui());
