import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { slug } from 'github-slugger'
import { type DefaultTheme, defineConfig, type UserConfig } from 'vitepress'
import { llmsText } from './llms-text.js'
import { REPOSITORY, REWRITES, ROOT, siteLink } from './pages.js'
import { groups } from './sidebar.js'

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="#2563eb"/><circle cx="8" cy="8" r="3" fill="#fff"/></svg>'

const fromHere = (name: string): string => fileURLToPath(import.meta.resolve(name))

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: 'fetch-sessions',
  description: 'Cookie sessions for everything that speaks the Web Fetch API.',
  lang: 'en',
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  srcDir: '..',
  srcExclude: ['.changeset/**', 'examples/**', 'tests/**', 'benchmarks/**', 'packages/*/CHANGELOG.md'],
  rewrites: REWRITES,
  cleanUrls: true,
  ignoreDeadLinks: 'localhostLinks',
  lastUpdated: false,
  vite: {
    // The pages lie outside this folder, where its packages are not found by themselves.
    resolve: {
      alias: [
        { find: /^vue\/server-renderer$/, replacement: fromHere('vue/server-renderer') },
        { find: /^vue$/, replacement: fromHere('vue/dist/vue.runtime.esm-bundler.js') },
      ],
    },
  },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // The anchors that the same documents have in the repository.
    anchor: { slugify: (text) => slug(text) },
    config(md) {
      md.core.ruler.push('empty-headers', ({ tokens }) => {
        // A corner without a word is no header: a screen reader would announce nothing.
        tokens.forEach((token, index) => {
          const close = tokens[index + 2]
          if (token.type !== 'th_open' || tokens[index + 1]?.content !== '' || close === undefined) return
          token.tag = 'td'
          close.tag = 'td'
        })
      })
      md.core.ruler.push('site-links', ({ tokens, env }) => {
        for (const { children } of tokens) {
          for (const token of children ?? []) {
            const href = token.type === 'link_open' ? token.attrGet('href') : null
            // `realPath` is the document; the other paths in `env` may be those of its page.
            if (href !== null) token.attrSet('href', siteLink(relative(ROOT, env.realPath ?? env.path), href))
          }
        }
      })
    },
  },
  buildEnd: ({ outDir }) => writeFileSync(join(outDir, 'llms.txt'), llmsText()),
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Questions', link: '/questions' },
      { text: 'Security', link: '/security' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: groups.map(({ text, pages }) => ({
      text,
      items: pages.map(([page, title]) => ({ text: title, link: `/${page}` })),
    })),
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    docFooter: { prev: 'Before', next: 'Next' },
  },
})

export default config
