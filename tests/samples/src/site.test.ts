import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { SessionError, type SessionErrorCode } from '@fetch-sessions/core'
import { LoginError, type LoginErrorCode } from '@fetch-sessions/login'
import { expect, it } from 'vitest'
import { pageOf, REPOSITORY, REWRITES, siteLink } from '../../../docs/.vitepress/pages.js'
import { groups } from '../../../docs/.vitepress/sidebar.js'
import { ROOT } from './samples.js'

/** The documents that are pages, from the root of the repository. */
function documents(): string[] {
  const inFolder = (folder: string): string[] =>
    existsSync(`${ROOT}${folder}`) ? readdirSync(`${ROOT}${folder}`).map((name) => `${folder}/${name}`) : []
  const readmes = inFolder('packages').map((folder) => `${folder}/README.md`)
  const all = [...inFolder('docs'), ...inFolder('docs/frameworks'), ...readmes, ...Object.keys(REWRITES)]
  return all.filter((document) => document.endsWith('.md') && existsSync(`${ROOT}${document}`))
}

it('the sidebar names each page once, and none that is not there', () => {
  const pages = documents()
    .map((document) => pageOf(document) ?? document)
    .filter((page) => page !== 'index')
  const named = groups.flatMap((group) => group.pages.map(([page]) => page))
  expect([...named].sort()).toEqual([...pages].sort())
})

it('a link leads to the page of a document, and to the repository for what is none', () => {
  expect(siteLink('docs/stores.md', 'expiry.md#sweeping')).toBe('/expiry#sweeping')
  expect(siteLink('docs/stores.md', '../packages/redis')).toBe('/packages/redis')
  expect(siteLink('README.md', 'docs/stores.md')).toBe('/stores')
  expect(siteLink('packages/redis/README.md', '../../CONTRIBUTING.md')).toBe('/contributing')
  expect(siteLink('docs/reference/index.md', '@fetch-sessions/core/index.md')).toBe('/reference/@fetch-sessions/core/')
  expect(siteLink('docs/stores.md', '../tests/trials')).toBe(`${REPOSITORY}/tree/main/tests/trials`)
  expect(siteLink('docs/stores.md', '../LICENSE')).toBe(`${REPOSITORY}/blob/main/LICENSE`)
  expect(siteLink('docs/stores.md', 'https://hono.dev/docs')).toBe('https://hono.dev/docs')
  expect(siteLink('docs/stores.md', '#round-trips')).toBe('#round-trips')
})

/** The url of an error with this code. */
type UrlOf = (code: string) => string

it.each<[source: string, number: number, url: UrlOf]>([
  ['packages/core/src/errors.ts', 8, (code) => new SessionError(code as SessionErrorCode, '').url],
  ['packages/login/src/errors.ts', 4, (code) => new LoginError(code as LoginErrorCode, '').url],
])('the url of each error leads to its section: %s', (file, number, urlOf) => {
  const source = readFileSync(`${ROOT}${file}`, 'utf8')
  const codes = [...new Set(source.match(/'ERR_[A-Z_]+'/g))].map((code) => code.slice(1, -1))
  expect(codes).toHaveLength(number)
  const page = readFileSync(`${ROOT}docs/errors.md`, 'utf8')
  for (const code of codes) {
    expect(urlOf(code)).toBe(`${REPOSITORY}/blob/main/docs/errors.md#${code.toLowerCase()}`)
    expect(page).toContain(`## ${code}\n`)
  }
})

/** What a package names as an entry, by the source that it is built of. */
function entriesOf(name: string): string[] {
  const manifest = JSON.parse(readFileSync(`${ROOT}packages/${name}/package.json`, 'utf8'))
  const built = Object.values<string | { types: string }>(manifest.exports ?? {}).flatMap((entry) =>
    typeof entry === 'string' ? [] : [entry.types],
  )
  return built.map((types) => types.replace('./dist/', '').replace('.d.ts', '.ts').replace('testing', 'test-kit'))
}

it('the reference has each entry of each package', () => {
  const { entryPoints } = JSON.parse(readFileSync(`${ROOT}docs/typedoc.json`, 'utf8'))
  const entries = readdirSync(`${ROOT}packages`)
    .filter((name) => existsSync(`${ROOT}packages/${name}/package.json`))
    .flatMap((name) => entriesOf(name).map((entry) => ({ name, entry })))
    // What is in its others is in its first one as well.
    .filter(({ name, entry }) => name !== 'migrate' || entry === 'index.ts')
    // It needs the types of Workers, in whose words all the others would be told.
    .filter(({ entry }) => entry !== 'durable-object.ts')
  expect(entries.length).toBeGreaterThan(18)
  const paths = entries.map(({ name, entry }) => `../packages/${entry === 'index.ts' ? '*' : name}/src/${entry}`)
  expect([...entryPoints].sort()).toEqual([...new Set(paths)].sort())
})
