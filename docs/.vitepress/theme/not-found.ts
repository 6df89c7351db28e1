import { withBase } from 'vitepress'
import { h, type VNode } from 'vue'

const link = (path: string, text: string): VNode => h('a', { href: withBase(path) }, text)

/** What 404.html shows. The default theme's has no landmark, and a link that is announced by another name. */
export const notFound = (): VNode =>
  h('main', { class: 'not-found vp-doc' }, [
    h('h1', 'This page is not here'),
    h('p', [
      'It may have moved. The search, above, looks through all pages. Or begin at ',
      link('/', 'the start'),
      ':',
    ]),
    h('ul', [
      h('li', link('/start', 'A session in five minutes')),
      h('li', link('/questions', 'What people ask first')),
      h('li', link('/errors', 'Errors, by their codes')),
      h('li', link('/reference/', 'The reference')),
    ]),
  ])
