import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { brokenLinks } from './links.js'
import { ROOT } from './samples.js'

it('every relative link and anchor of the documents leads somewhere', async () => {
  expect(await brokenLinks(ROOT)).toEqual([])
})

it('a file and a heading that are not there are found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'links-'))
  try {
    writeFileSync(
      join(folder, 'a.md'),
      '# Here\n\n[good](b.md#there) [no file](c.md) [no heading](b.md#nowhere) [nor](#gone)\n',
    )
    writeFileSync(join(folder, 'b.md'), '# There\n\n[back](a.md#here)\n')
    const found = (await brokenLinks(folder)).join('\n')
    expect(found).toMatch(/c\.md/)
    expect(found).toMatch(/nowhere/)
    expect(found).toMatch(/gone/)
    expect(found).not.toMatch(/#there|#here/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
