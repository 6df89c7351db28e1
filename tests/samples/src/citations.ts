import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `[commit.test.ts]`, maybe followed by words of tests: `: "one", "another"`. */
const CITATION = /\[([\w.-]+\.ts)\](?:: ("[^"]+"(?:,\s+"[^"]+")*))?(?![:(])/g
const DEFINITION = /^\[([\w.-]+\.ts)\]: (\S+)$/gm

/** What a document says of tests that they do not say: `security.md: [x.test.ts]: "words"`. `file` is its path. */
export function wrongCitations(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const files = new Map([...text.matchAll(DEFINITION)].map(([, name, path]) => [name, path]))
  return [...text.replaceAll(DEFINITION, '').matchAll(CITATION)].flatMap(([, name = '', words = '']) => {
    const path = join(dirname(file), files.get(name) ?? '')
    if (!files.has(name) || !existsSync(path)) return [`[${name}] leads nowhere`]
    const source = readFileSync(path, 'utf8')
    return [...words.matchAll(/"([^"]+)"/g)]
      .map(([, quote = '']) => quote.replaceAll(/\s+/g, ' '))
      .filter((quote) => !source.includes(quote))
      .map((quote) => `[${name}] does not say "${quote}"`)
  })
}
