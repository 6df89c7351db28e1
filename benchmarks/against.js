// Compares the sources as they are with those of another commit: `node benchmarks/against.js main~5`.
//   --contestants fetch-ours,hono-ours   --scenarios read,write   --in-flight 1,32   --rounds 15   --ms 60
// Both are bundled alike and take turns, each in a process of its own: microseconds of processor time a request, making
// the request and collecting the garbage included, as in a server. A ratio above 1: today's is faster.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { inProcessRunner } from './in-process/runner.js'
import { table } from './report/markdown.js'
import { takeTurns } from './rounds.js'
import { scenarios } from './scenarios.js'
import { summary } from './statistics.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    contestants: { type: 'string', default: 'fetch-ours,hono-ours' },
    scenarios: { type: 'string', default: scenarios.map(({ id }) => id).join(',') },
    'in-flight': { type: 'string', default: '1,32' },
    rounds: { type: 'string', default: '15' },
    ms: { type: 'string', default: '60' },
  },
})
const [commit] = positionals
if (commit === undefined) throw new Error('Which commit? For example: node benchmarks/against.js main~5')

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Beneath the packages that the bundles import. */
const BUNDLES = fileURLToPath(new URL('node_modules/.against/', import.meta.url))
const TURN = { isWhole: true, ms: Number(values.ms), warmUpMs: 300, warmUpRequests: 10_000 }

const before = mkdtempSync(join(tmpdir(), 'against-'))
try {
  const archive = execFileSync('git', ['archive', commit, 'packages'], { cwd: ROOT, maxBuffer: 2 ** 30 })
  execFileSync('tar', ['-x', '-C', before], { input: archive })
  const files = { before: await bundle('before', before), today: await bundle('today', ROOT) }
  await compareBuilds(files)
} finally {
  rmSync(before, { recursive: true })
  rmSync(BUNDLES, { recursive: true, force: true })
}
process.exit(0)

async function compareBuilds(files) {
  const levels = values['in-flight'].split(',').map(Number)
  const rows = []
  for (const scenarioId of values.scenarios.split(',')) {
    for (const id of values.contestants.split(',')) {
      const entries = Object.entries(files).map(([key, file]) => ({
        key,
        levels,
        start: () => inProcessRunner({ id, scenarioId }, { ...TURN, file }),
      }))
      const turns = await takeTurns(entries, Number(values.rounds))
      rows.push([scenarioId, id, ...levels.map((level) => ratioOf(turns, level))])
    }
  }
  console.log(table(['', 'contestant', ...levels.map((level) => `${level} in flight: before, today, ratio`)], rows))
}

/** Processor time of both, and that of the other commit over today's, round by round. */
function ratioOf(turns, level) {
  const [before, today] = ['before', 'today'].map((key) => {
    const { fault, turns: byLevel } = turns.get(key)
    if (fault !== undefined) throw new Error(`${key} ${fault}`)
    return byLevel[level]
  })
  const { median, low, high } = summary(before.map(({ cpu }, round) => cpu / today[round].cpu))
  const [then, now] = [before, today].map((turns) => summary(turns.map(({ cpu }) => cpu)).median.toFixed(1))
  const verdict = low < 1 && high > 1 ? ', level' : ''
  return `${then}, ${now}, ${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}${verdict})`
}

/**
 * A worker with the packages of this tree in it. In pieces: in one file, each module that is imported later would be a
 * function, whose functions V8 calls more slowly than those of a package as it is published.
 */
async function bundle(name, tree) {
  const outdir = join(BUNDLES, name)
  await build({
    entryPoints: [fileURLToPath(new URL('in-process/worker.js', import.meta.url))],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    logLevel: 'error',
    tsconfigRaw: '{}',
    plugins: [packagesOf(tree)],
  })
  return pathToFileURL(join(outdir, 'worker.mjs'))
}

/** Our packages out of their sources, and all others as they are installed. */
function packagesOf(tree) {
  return {
    name: 'packages of a tree',
    setup({ onResolve }) {
      onResolve({ filter: /^@fetch-sessions\// }, ({ path }) => {
        const [, name, entry = 'index'] = path.split('/')
        const file = join(tree, 'packages', name, 'src', `${entry}.ts`)
        // A package that was not there yet is not asked for, either.
        return existsSync(file) ? { path: file } : { path, external: true }
      })
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
        kind === 'entry-point' ? undefined : { path, external: true },
      )
    },
  }
}
