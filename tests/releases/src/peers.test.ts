import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const PACKAGES: string = fileURLToPath(new URL('../../../packages/', import.meta.url))

interface Manifest {
  readonly name: string
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const manifests: Manifest[] = readdirSync(PACKAGES)
  .map((folder) => `${PACKAGES}${folder}/package.json`)
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')))

/** The first number of each alternative of a range. */
const majors = (range: string): string[] =>
  [...range.matchAll(/(?:^|\|\|)\s*[\^~>=]*(\d+)/g)].map(([, major = '']) => major)

/** With which major versions of a package the tests run: it is there under its own name, or under one for each version. */
function tested({ devDependencies = {} }: Manifest, peer: string): string[] {
  const ranges = Object.entries(devDependencies).map(([name, range]) =>
    name === peer ? range : range.startsWith(`npm:${peer}@`) ? range.slice(`npm:${peer}@`.length) : '',
  )
  return ranges.flatMap(majors)
}

const peers = manifests.flatMap((manifest) =>
  Object.entries(manifest.peerDependencies ?? {}).map(([peer, range]) => ({
    manifest,
    peer,
    range,
    name: manifest.name,
  })),
)

describe('what a package wants to have beside it', () => {
  it.each(peers)('$name: may be each version of $peer that its tests run with', ({ manifest, peer, range }) => {
    const newest = range.startsWith('>=') ? [] : tested(manifest, peer)
    expect(majors(range)).toEqual(expect.arrayContaining(newest))
  })
})
