import { describe, expect, it } from 'vitest'
import { problemsOf } from './problems.js'
import type { Manifest, Tarball } from './tarball.js'

const good: Manifest = {
  name: '@fetch-sessions/some',
  license: 'MIT',
  description: 'Some sessions.',
  keywords: ['session'],
  repository: { url: 'git+https://git.example/some.git', directory: 'packages/some' },
  publishConfig: { access: 'public' },
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  dependencies: { '@fetch-sessions/core': '^0.1.0' },
}

const files = ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']

const problems = (changes: Partial<Omit<Tarball, 'manifest'>> & { manifest?: Partial<Manifest> } = {}): string[] => {
  const tarball: Tarball = { files, size: 1000, types: {}, ...changes, manifest: { ...good, ...changes.manifest } }
  return problemsOf(tarball, 'packages/some')
}

describe('what stands in the way of a release', () => {
  it('is nothing where a package is whole', () => {
    expect(problems()).toEqual([])
  })

  it.each([
    ['a licence that is not packed', { files: files.slice(1) }, 'LICENSE is missing'],
    [
      'an entry that was not built',
      { files: files.filter((file) => file !== 'dist/index.js') },
      'exports names dist/index.js, which is not there',
    ],
    ['a file of a test', { files: [...files, 'src/some.test.ts'] }, 'src/some.test.ts should stay here'],
    ['a secret', { files: [...files, '.env'] }, '.env should stay here'],
    [
      'a dependency of the workspace',
      { manifest: { dependencies: { a: 'workspace:^' } } },
      'a is at "workspace:^", which nobody else has',
    ],
    ['no keywords', { manifest: { keywords: [] } }, 'keywords are missing'],
    [
      'the repository of another package',
      { manifest: { repository: { ...good.repository, directory: 'packages/other' } } },
      'repository.directory is not packages/some',
    ],
    [
      'no repository',
      { manifest: { repository: { directory: 'packages/some' } } },
      'repository.url is missing: provenance needs it',
    ],
    ['two megabytes', { size: 2_000_000 }, '2000000 bytes are more than 1000000'],
    [
      'an interface that is there twice, so that one entry does not take what another gives',
      { types: { 'dist/index.d.ts': 'interface Some<T> {\n}', 'dist/more.d.ts': 'export interface Some<T> {\n}' } },
      'Some is declared in dist/index.d.ts and dist/more.d.ts',
    ],
    [
      'a class that is there twice',
      { types: { 'dist/a.d.ts': 'declare class Some {\n}', 'dist/b.d.ts': 'export declare class Some {\n}' } },
      'Some is declared in dist/a.d.ts and dist/b.d.ts',
    ],
  ])('is %s', (_what, changes, problem) => {
    expect(problems(changes)).toEqual([problem])
  })
})
