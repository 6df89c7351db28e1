import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { REPOSITORY, ROOT } from '../../../../docs/.vitepress/pages.js'
import { DIST } from './build.js'
import { generated, written } from './pages.js'
import { fileOf } from './served.js'

const htmlOf = (path: string): string => readFileSync(`${DIST}${fileOf(path)}`, 'utf8')

/** The links in the text of a page. */
function linksOf(path: string): string[] {
  const [main = ''] = /<main.*<\/main>/s.exec(htmlOf(path)) ?? []
  return [...main.matchAll(/ href="([^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'))
}

/** Whether a link leads somewhere, as far as that can be known without the network. */
function leads(from: string, href: string): boolean {
  const [path = '', anchor] = href.split('#')
  if (path.startsWith(`${REPOSITORY}/`)) {
    return existsSync(`${ROOT}${path.slice(REPOSITORY.length).replace(/^\/(blob|tree)\/main\//, '')}`)
  }
  if (/^[a-z]+:/.test(path)) return true
  const target = decodeURI(path === '' ? from : path)
  if (fileOf(target) === undefined) return false
  return anchor === undefined || htmlOf(target).includes(` id="${decodeURI(anchor)}"`)
}

it('every link of a page leads to a page and its heading, or to a file of the repository', () => {
  const broken = [...written, ...generated].flatMap((path) =>
    linksOf(path)
      .filter((href) => !leads(path, href))
      .map((href) => `${path}: ${href}`),
  )
  expect(broken).toEqual([])
})

it('what is a page is not linked to in the repository', () => {
  const links = written.flatMap((path) => linksOf(path).map((href) => `${path}: ${href}`))
  expect(links.filter((link) => /: \/stores\b/.test(link)).length).toBeGreaterThan(5)
  const documents = links.filter((link) => new RegExp(`${REPOSITORY}/blob/main/(docs/|README)[^ ]*\\.md`).test(link))
  expect(documents).toEqual([])
})
