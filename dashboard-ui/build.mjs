// Builds the web UI to dist/ (default), or the tests to build/tests/ (`node build.mjs tests`).
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;
// Of what every browser of the last three years understands.
const target = ['chrome110', 'firefox115', 'safari16.4'];

async function ui() {
  const dist = join(root, 'dist');
  await rm(dist, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: [join(root, 'src/main.tsx')],
    outdir: join(dist, 'assets'),
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'eof',
    metafile: true,
    absWorkingDir: root,
  });
  const files = Object.entries(metafile.outputs).map(([file, { bytes }]) => [
    basename(file),
    bytes,
  ]);
  const named = (ending) => files.find(([file]) => file.endsWith(ending))[0];
  const page = await readFile(join(root, 'src/index.html'), 'utf8');
  const html = page
    .replace('{{script}}', `/assets/${named('.js')}`)
    .replace('{{style}}', `/assets/${named('.css')}`);
  await writeFile(join(dist, 'index.html'), html);
  await writeFile(join(dist, 'assets/licenses.txt'), await licences(['preact', 'uplot']));
  for (const [file, bytes] of files) console.log(`${file} ${(bytes / 1024).toFixed(1)} KiB`);
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
