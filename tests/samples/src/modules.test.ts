import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ROOT, type Sample, samplesIn, samplesOf } from './samples.js'

const documents = [
  'README.md',
  ...readdirSync(`${ROOT}packages`).map((name) => `packages/${name}/README.md`),
  ...readdirSync(`${ROOT}docs`).map((name) => `docs/${name}`),
].filter((document) => document.endsWith('.md') && existsSync(`${ROOT}${document}`))

/** The file in which a sample says that it is, in its first line. */
const fileOf = ({ code }: Sample): string => code.match(/^\s*\/\/ (\S+\.m?ts)\b/)?.[1] ?? ''

const awaitsAtTheTop = ({ code }: Sample): boolean => /^(?:(?:const|let) .* = )?;?\(?await /m.test(code)

/** Those that fail in an empty folder, where a file that ends with `.ts` is no module. */
const wrong = (samples: readonly Sample[]): string[] =>
  samples.filter((sample) => fileOf(sample).endsWith('.ts') && awaitsAtTheTop(sample)).map(fileOf)

describe('a file that awaits outside its functions', () => {
  it.each(documents)('is called .mts in %s', (document) => {
    expect(wrong(samplesOf(document))).toEqual([])
  })

  it('is found where it is called .ts', () => {
    const planted = ['```ts', '// server.ts', 'const app = fastify()', 'await app.listen()', '```'].join('\n')
    expect(wrong(samplesIn('planted.md', planted))).toEqual(['server.ts'])
  })
})
