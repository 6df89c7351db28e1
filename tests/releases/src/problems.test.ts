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

const problems = (changes: { manifest?: Partial<Manifest>; files?: string[]; size?: number } = {}): string[] => {
  const tarball: Tarball = {
    manifest: { ...good, ...changes.manifest },
    files: changes.files ?? files,
    size: changes.size ?? 1000,
  }
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
  ])('is %s', (_what, changes, problem) => {
    expect(problems(changes)).toEqual([problem])
  })
})
