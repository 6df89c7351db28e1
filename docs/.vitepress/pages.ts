import { existsSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository, whose documents are the pages of the site. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

/** Where the files that are no pages are read. The one place that says where the repository is. */
export const REPOSITORY = 'https://github.com/fetch-sessions/fetch-sessions'

/** The pages: documents of the repository, by the path at which the site shows them. `:page` is one part of a path. */
export const REWRITES: Record<string, string> = {
  'docs/:page.md': ':page.md',
  'docs/frameworks/:page.md': 'frameworks/:page.md',
  'docs/reference/:path(.*)': 'reference/:path',
  'packages/:page/README.md': 'packages/:page.md',
  'README.md': 'start.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'reporting.md',
}

/** The page of a document, without `.md`, or `undefined` for one that is no page. Both from their root. */
export function pageOf(document: string): string | undefined {
  const own = REWRITES[document]
  if (own !== undefined) return own.replace(/\.md$/, '')
  const [, page] =
    /^docs\/((?:frameworks\/)?[\w-]+|reference\/.+)\.md$/.exec(document) ??
    /^(packages\/[\w-]+)\/README\.md$/.exec(document) ??
    []
  return page
}

/**
 * Where a link of a document leads to on the site: to a page, or to the file in the repository. What is no relative
 * link stays as it is.
 */
export function siteLink(document: string, href: string): string {
  if (/^([a-z][a-z\d+.-]*:|\/|#)/i.test(href)) return href
  const [path = '', hash = ''] = href.split(/(?=#)/)
  const target = posix.join(posix.dirname(document), decodeURI(path)).replace(/\/$/, '')
  const isFolder = existsSync(`${ROOT}${target}`) && statSync(`${ROOT}${target}`).isDirectory()
  const page = pageOf(isFolder ? `${target}/README.md` : target)
  if (page !== undefined) return `/${page.replace(/(^|(?<=\/))index$/, '')}${hash}`
  return `${REPOSITORY}/${isFolder ? 'tree' : 'blob'}/main/${target}${hash}`
}
