import { existsSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll } from 'vitest'
import { DIST } from './build.js'

const types: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** The file of a path, as a host with clean URLs finds it; from the folder of the site. */
export function fileOf(path: string): string | undefined {
  const candidates = path.endsWith('/') ? [`${path}index.html`] : [path, `${path}.html`]
  return candidates.find((candidate) => extname(candidate) !== '' && existsSync(`${DIST}${candidate}`))
}

function answer(request: Request): Response {
  const path = decodeURI(new URL(request.url).pathname)
  const file = fileOf(path)
  const sent = file ?? '/404.html'
  const headers = {
    'Content-Type': types[extname(sent)] ?? 'application/octet-stream',
    // The names of these files change with what is in them.
    'Cache-Control': sent.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
  }
  return new Response(readFileSync(`${DIST}${sent}`), { status: file === undefined ? 404 : 200, headers })
}

/** Serves the built site while the tests of a file run, and gives the address of a path. */
export function serveDocumentation(): (path: string) => string {
  let origin = ''
  let server: ReturnType<typeof serve>
  beforeAll(async () => {
    await new Promise<void>((listening) => {
      server = serve({ fetch: answer, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
        origin = `http://localhost:${port}`
        listening()
      })
    })
  })
  afterAll(() => new Promise((closed) => server.close(closed)))
  return (path) => origin + path
}
