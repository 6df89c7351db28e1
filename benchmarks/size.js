// What an application downloads or starts with: bundled, minified, gzipped. Fails if one has grown past its limit.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Limits in bytes, a little above what was measured, so that growth is a decision. */
const bundles = [
  {
    name: 'core with the fetch adapter',
    code: `export { SessionManager } from '@fetch-sessions/core'; export { withSession } from '@fetch-sessions/fetch'`,
    limit: 30_100,
  },
  {
    name: 'the same with MemoryStore',
    code: `export { SessionManager, MemoryStore } from '@fetch-sessions/core'; export { withSession } from '@fetch-sessions/fetch'`,
    limit: 31_100,
  },
  {
    name: 'the same with CookieStore',
    code: `export { SessionManager, CookieStore } from '@fetch-sessions/core'; export { withSession } from '@fetch-sessions/fetch'`,
    limit: 32_090,
  },
]

for (const { name, code, limit } of bundles) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    // Packages as they are published: this workspace's paths lead to their sources.
    tsconfigRaw: '{}',
  })
  const [{ contents }] = outputFiles
  const size = gzipSync(contents, { level: 9 }).length
  const verdict = size <= limit ? 'ok' : 'TOO LARGE'
  console.log(`${verdict}: ${name}: ${size} bytes gzipped (${contents.length} minified), limit ${limit}`)
  if (size > limit) process.exitCode = 1
}
