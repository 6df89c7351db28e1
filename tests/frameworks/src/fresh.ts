import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Check } from './checks.js'
import { Visitor } from './visitor.js'

/**
 * Fresh is published on JSR alone. Where that can't be reached, checkouts of github.com/denoland/fresh and denoland/std do:
 * `FRESH_SOURCES` and `STD_SOURCES` say where they are.
 */
const { FRESH_SOURCES, STD_SOURCES, JSR_URL = 'https://jsr.io' } = process.env

/** How long JSR may take to answer, in milliseconds. */
const PATIENCE = 5_000

export async function whyJsrIsMissing(): Promise<string | undefined> {
  if (FRESH_SOURCES !== undefined && STD_SOURCES !== undefined) return undefined
  const answer = await fetch(new URL('/@fresh/core/meta.json', JSR_URL), {
    signal: AbortSignal.timeout(PATIENCE),
  }).catch(() => undefined)
  return answer?.ok ? undefined : `${JSR_URL} does not answer, and FRESH_SOURCES and STD_SOURCES are not set`
}

/** Deno takes the checkouts in the place of what JSR has, if their versions are those that are asked for. */
export function linkSources(folder: string): void {
  if (FRESH_SOURCES === undefined || STD_SOURCES === undefined) return
  const file = join(folder, 'deno.json')
  const links = [
    join(FRESH_SOURCES, 'packages/fresh'),
    join(FRESH_SOURCES, 'packages/build-id'),
    ...packagesIn(STD_SOURCES),
  ]
  const config = { ...JSON.parse(readFileSync(file, 'utf8')), links: links.map((path) => resolve(path)) }
  writeFileSync(file, JSON.stringify(config, undefined, 2))
}

function packagesIn(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, 'deno.json')))
}

/** What Fresh alone has: errors that are answered inside of the sessions, and outside. */
export const freshChecks: readonly Check[] = [
  {
    name: 'saves nothing when a handler throws and onError of its path answers',
    async run({ origin, act }) {
      const visitor = new Visitor(origin)
      await act(visitor, 'count')
      const { status, text } = await visitor.send('/answered/fail', { method: 'POST' })
      deepEqual([status, text], [200, 'Sorry'])
      match((await visitor.send('/')).text, /count: 1, /)
    },
  },
  {
    name: 'reads the session for the page of what is not found',
    async run({ origin, act }) {
      const visitor = new Visitor(origin)
      await act(visitor, 'count')
      const { status, text, headers } = await visitor.send('/nowhere')
      equal(status, 404)
      match(text, /count: 1, /)
      ok(headers.get('vary')?.includes('Cookie'))
    },
  },
]
