import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { documentOf } from '../../../../docs/.vitepress/llms-text.js'
import { ROOT } from '../../../../docs/.vitepress/pages.js'
import { groups } from '../../../../docs/.vitepress/sidebar.js'

/** The folder of the built site. */
export const DIST: string = `${ROOT}docs/.vitepress/dist/`

/** Builds the site where it is not there, or is older than what it is made of. */
export default function setup(): void {
  const index = `${DIST}index.html`
  if (existsSync(index) && sources().every((file) => statSync(file).mtimeMs < statSync(index).mtimeMs)) return
  execFileSync('npx', ['-y', 'pnpm@12', 'docs:build'], { cwd: ROOT, stdio: 'inherit' })
}

function sources(): string[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(`${ROOT}${folder}`, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => `${ROOT}${folder}/${name}`)
  const documents = groups.flatMap(({ pages }) => pages.map(([page]) => `${ROOT}${documentOf(page)}`))
  return [...documents, ...['docs', 'docs/.vitepress', 'docs/.vitepress/theme'].flatMap(inFolder)]
}
