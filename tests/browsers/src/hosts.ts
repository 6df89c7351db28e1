/** The names that lead to this machine in each engine. Two of them know no wildcard, so all are written down here. */
export const hosts = [
  'localhost',
  'app.localhost',
  '127.0.0.1',
  'shop.test',
  'www.shop.test',
  'blog.shop.test',
  'evil.shop.test',
  'a.shop.test',
  'b.shop.test',
  'workshop.test',
  'other.test',
  'control.test',
  'evil.test',
  'id.test',
  'news.test',
  'mail.test',
  'widget.test',
  'true.test',
  'false.test',
] as const

export type Host = (typeof hosts)[number]
