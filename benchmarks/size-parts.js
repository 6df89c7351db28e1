// What the bytes of core are for, and how many other libraries have. `size.js` has the limits.
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const PACKAGES = fileURLToPath(new URL('../packages/', import.meta.url))

/** What a part is for, and by which files of core it is known. The first that fits. */
const PARTS = [
  [
    'options, errors and warnings, in words that say what to do',
    /^(options|option-error|errors|warnings|context|store\/check-store)\b/,
  ],
  ['the cookie: its attributes, places, retired ones', /^cookie\/(cookie-attributes|cookie-header)\b/],
  ['its token: HMAC, SHA-256, secrets, base64url', /^cookie\//],
  [
    'what a handler holds: values, changes, merging, JSON',
    /^session\/(session|draft|merge|json-codec|plain-values|equality|serializer|session-state|no-properties)\b/,
  ],
  ['records: expiry, versions, notes', /^session\/(stored-session|marker|lifetime|record-meta)\b/],
  [
    'sessions of another library that move in',
    /^(moves-in|request\/(load-old-session|brought-old-sessions)|commit\/move-in|session\/old-sessions)\b/,
  ],
  [
    'loading, and what one request has',
    /^request\/(load\b|load-outcome|verify-cookies|request-session|session-handle|store-outage|request-cookies)/,
  ],
  ['nested handlers and managers', /^request\/(handle-registry|committed-together|inner-cookie)\b/],
  ['the response', /^request\/(response|copy-response|thrown|adapter-api)\b/],
  [
    'writing: what is due, compare-and-set, the queue',
    /^commit\/(commit|compare-and-set|write-queue|pending-write|commit-context)\b/,
  ],
  [
    'new ids, their markers and grace, sign-out',
    /^(commit\/(regenerate|old-id-grace|end-session)|request\/follow-new-id)\b/,
  ],
  ['administration: lists, edits without a request', /^(administration|commit\/edit-by-id|session\/session-info)\b/],
  ['exclusive work', /^commit\/session-lock\b/],
  ['stores: time limits, errors', /^store\//],
  ['options or a manager, from an adapter', /^session-source\b/],
  ['the manager', /^(manager|request\/request-handler)\b/],
  ['the rest', /./],
]

const OTHERS = [
  ['iron-session', "export * from 'iron-session'"],
  ['hono-sessions, MemoryStore', "export { sessionMiddleware, MemoryStore } from 'hono-sessions'"],
  ['@hono/session', "export { useSession } from '@hono/session'"],
  [
    '@remix-run/session with @remix-run/cookie',
    "export { createMemorySessionStorage } from '@remix-run/session/memory-storage'; export { createCookie } from '@remix-run/cookie'",
  ],
]

/** Minified bytes by part, and gzipped bytes of the whole: of core with the fetch adapter, and of others. */
export async function measureSize() {
  const own = await bundle(
    `export { SessionManager } from '${PACKAGES}core/src/index.ts'; export { withSession } from '${PACKAGES}fetch/src/index.ts'`,
  )
  const bytes = new Map(PARTS.map(([name]) => [name, 0]))
  for (const [file, length] of own.files) {
    const [name] = PARTS.find(([, files]) => files.test(file.replace(/^.*packages\/core\/src\//, '')))
    bytes.set(name, bytes.get(name) + length)
  }
  const others = []
  for (const [name, code] of OTHERS) others.push({ name, ...sizeOf(await bundle(code)) })
  return { own: sizeOf(own), parts: [...bytes].map(([name, minified]) => ({ name, minified })), others }
}

function sizeOf({ text }) {
  return { minified: text.length, gzipped: gzipSync(text, { level: 9 }).length }
}

async function bundle(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    metafile: true,
    alias: { '@fetch-sessions/core': `${PACKAGES}core/src/index.ts` },
    external: ['node:*', 'hono', 'hono/*', 'crypto'],
    tsconfigRaw: '{}',
    logLevel: 'error',
  })
  const [{ inputs }] = Object.values(metafile.outputs)
  return {
    text: outputFiles[0].text,
    files: Object.entries(inputs).map(([file, { bytesInOutput }]) => [file, bytesInOutput]),
  }
}
