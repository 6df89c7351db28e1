import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { create, writeReadme } from './create.js'
import { installCommands, type Template, templateOf, templates } from './templates.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-fetch-sessions-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** As the README shows it, or that of its package: Next has too many files for the first. What explains a file's name goes. */
async function startOf({ name, title }: Template): Promise<string> {
  const document = name === 'next' ? '../../next/README.md' : '../../../README.md'
  const text = await readFile(new URL(document, import.meta.url), 'utf8')
  const start = name === 'next' ? text : text.split('\n### ').find((section) => section.startsWith(title))
  return (start ?? '').replaceAll(/^(\/\/ [\w/]+\.tsx?)[,:] .*$/gm, '$1')
}

describe.each(templates)('an application for $title', (template) => {
  it('has a secret of its own, which is not committed', async () => {
    const [one, other] = [join(folder, 'one'), join(folder, 'other')]
    await create(one, template)
    await create(other, template)
    const secretOf = (at: string): Promise<string> => readFile(join(at, template.secretFile), 'utf8')
    expect(await secretOf(one)).toMatch(/^SESSION_SECRET=[\w+/]{43}=\n$/)
    expect(await secretOf(one)).not.toBe(await secretOf(other))
    expect((await stat(join(one, template.secretFile))).mode & 0o077).toBe(0)
    expect(await readFile(join(one, '.gitignore'), 'utf8')).toContain(`\n${template.secretFile}\n`)
  })

  it('is the start that the README shows', async () => {
    const app = join(folder, 'app')
    await create(app, template)
    const start = await startOf(template)
    const sources = (await readdir(app, { recursive: true })).filter((file) => /\.tsx?$/.test(file))
    expect(sources.length).toBeGreaterThan(0)
    for (const source of sources) expect(start).toContain(`// ${source}\n${await readFile(join(app, source), 'utf8')}`)
    const commands = installCommands(template).flat()
    for (const name of template.packages)
      expect([start, commands]).toEqual([expect.stringContaining(name), expect.arrayContaining([name])])
  })

  it('tells in its own README how it starts, and where its secret is', async () => {
    const app = join(folder, 'app')
    await create(app, template)
    const readme = await readFile(join(app, 'README.md'), 'utf8')
    expect(readme).toMatch(/^# app\n/)
    expect(readme).toContain(`\n${template.start}\n`)
    expect(readme).toContain(`\`${template.secretFile}\``)
  })

  it('installs in its README what it needs, and once it has that, what its copy names', async () => {
    const app = join(folder, 'app')
    await create(app, template)
    const commandsOf = async (): Promise<string[]> =>
      (await readFile(join(app, 'README.md'), 'utf8')).match(/```sh\n(.*?)\n```/s)?.[1]?.split('\n') ?? []
    const all = installCommands(template).map((words) => words.join(' '))
    expect(await commandsOf()).toEqual([...all, template.start])
    await writeReadme(app, template, true)
    expect(await commandsOf()).toEqual([`${template.install[0]} install`, template.start])
  })
})

it('a package is called as its folder, in letters that npm takes', async () => {
  for (const [name, expected] of [
    ['My App', 'my-app'],
    ['.hidden', 'hidden'],
    ['…', 'app'],
  ] as const) {
    await create(join(folder, name), templateOf('hono'))
    expect(JSON.parse(await readFile(join(folder, name, 'package.json'), 'utf8'))).toMatchObject({ name: expected })
  }
})

it('a folder that has something in it is left as it is', async () => {
  await writeFile(join(folder, 'mine.txt'), 'mine')
  await expect(create(folder, templateOf('hono'))).rejects.toThrow('is not empty')
  expect(await readdir(folder)).toEqual(['mine.txt'])
})

it('a template that is not there is an error that names those that are', () => {
  expect(() => templateOf('express4')).toThrow('hono, itty-router, express, next, workers, deno, bun')
})
