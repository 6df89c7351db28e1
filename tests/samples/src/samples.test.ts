import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { visitTwice } from './client.js'
import { ROOT, type Sample, samplesIn, samplesOf } from './samples.js'
import { fileOf, problemsOf, writeSamples } from './type-check.js'

const documents = [
  'README.md',
  'packages/core/README.md',
  'packages/login/README.md',
  'packages/node/README.md',
  'packages/fetch/README.md',
  'packages/hono/README.md',
  'packages/itty-router/README.md',
  'packages/cloudflare/README.md',
  'packages/next/README.md',
  ...readdirSync(`${ROOT}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** What has to be found wrong, or the checks below check nothing. */
const planted = samplesIn(
  'planted.md',
  [
    '```ts',
    "import type { MemoryStore } from '@fetch-sessions/core'",
    'const wrong: { store?: MemoryStore } = { store: undefined }',
    '```',
    '```ts run',
    "console.log('two')",
    '```',
    '```text',
    'one',
    '```',
  ].join('\n'),
)
const samples = documents.flatMap(samplesOf)

writeSamples([...samples, ...planted])
const problems = new Map(
  (['node', 'workers', 'deno', 'bun'] as const).flatMap((platform) => [
    ...problemsOf([...samples, ...planted], platform),
  ]),
)

async function printedBy(sample: Sample): Promise<string> {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...words) => void lines.push(words.map(shown).join(' ')))
  try {
    await import(fileOf(sample))
  } finally {
    log.mockRestore()
  }
  return lines.join('\n')
}

function shown(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

beforeEach(() => {
  vi.stubEnv('SESSION_SECRET', 'ihYWKLDWLBJ6oFBnPQLg9xPhZmbcWSXkJuyOKTbBXQk=')
})

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('each sample compiles against the sources:', () => {
  it.each(samples.map((sample) => [`${sample.document}:${sample.line}`, sample]))('%s', (_at, sample) => {
    expect(problems.get(fileOf(sample))).toEqual([])
  })

  it('a planted mistake is found, with its line', () => {
    expect(planted.map((sample) => problems.get(fileOf(sample)))).toEqual([
      [expect.stringMatching(/^planted\.md:3: .*exactOptionalPropertyTypes/)],
      [],
    ])
  })
})

describe('each sample that says `run` prints what stands behind it:', () => {
  it.each(samples.filter(({ mode }) => mode === 'run').map((sample) => [`${sample.document}:${sample.line}`, sample]))(
    '%s',
    async (_at, sample) => {
      expect(sample.output).toBeDefined()
      expect(await printedBy(sample)).toBe(sample.output)
    },
  )

  it('a planted mistake is found', async () => {
    const [, wrong] = planted as [Sample, Sample]
    expect([await printedBy(wrong), wrong.output]).toEqual(['two', 'one'])
  })
})

describe('each sample that says `serve` counts the visits of a client that keeps its cookies:', () => {
  it.each(
    samples.filter(({ mode }) => mode === 'serve').map((sample) => [`${sample.document}:${sample.line}`, sample]),
  )('%s', async (_at, sample) => {
    expect(await visitTwice(fileOf(sample), sample.platform)).toEqual(['Visit 1', 'Visit 2'])
  })
})
