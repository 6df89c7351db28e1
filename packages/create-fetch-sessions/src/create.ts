import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readmeOf } from './readme.js'
import type { Template } from './templates.js'

/** Beside `dist` as published, beside `src` here. */
const TEMPLATES = fileURLToPath(new URL('../templates/', import.meta.url))

/**
 * Writes an application into a folder, which is made if it is not there: the template's files, a README, a secret of
 * its own, and a `.gitignore` that keeps the secret out of the repository. Nothing is installed yet, and so its README says.
 * Throws an Error, with nothing written, for a folder that has something in it.
 */
export async function create(folder: string, template: Template): Promise<void> {
  const { name, secretFile } = template
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty: name a new folder`)
  await cp(join(TEMPLATES, name), folder, { recursive: true })
  // npm packs no file that is called so.
  await rename(join(folder, 'gitignore'), join(folder, '.gitignore'))
  const secret = randomBytes(32).toString('base64')
  await writeFile(join(folder, secretFile), `SESSION_SECRET=${secret}\n`, { mode: 0o600 })
  await writeReadme(folder, template, false)
  await nameAfter(folder)
}

/** The README of the application in this folder, which is another one once what it needs is installed. */
export async function writeReadme(folder: string, template: Template, isInstalled: boolean): Promise<void> {
  await writeFile(join(folder, 'README.md'), readmeOf(basename(folder), template, isInstalled))
}

/** npm asks for a name of small letters. */
async function nameAfter(folder: string): Promise<void> {
  const file = join(folder, 'package.json')
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z\d._-]+/g, '-')
    .replace(/^[._-]+/, '')
  await writeFile(file, text.replace('"name": "app"', `"name": ${JSON.stringify(name || 'app')}`))
}
