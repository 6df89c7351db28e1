import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { wrongCitations } from './citations.js'
import { ROOT } from './samples.js'

it.each(['docs/security.md', 'docs/browsers.md', 'packages/login/README.md'])(
  'the tests that %s names are there, with the words it quotes',
  (file) => {
    expect(wrongCitations(`${ROOT}${file}`)).toEqual([])
  },
)

it('a test that is not there, or says something else, is found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'citations-'))
  try {
    writeFileSync(join(folder, 'a.test.ts'), "it('opens nothing')")
    writeFileSync(
      join(folder, 'doc.md'),
      'Good ([a.test.ts]: "opens nothing", "opens\nall"; [b.test.ts]).\n\n[a.test.ts]: a.test.ts\n',
    )
    expect(wrongCitations(join(folder, 'doc.md'))).toEqual([
      '[a.test.ts] does not say "opens all"',
      '[b.test.ts] leads nowhere',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
