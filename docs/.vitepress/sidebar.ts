/** A group of the sidebar: its title, and its pages with theirs. A page is named by its path without `.md`. */
export interface Group {
  readonly text: string
  readonly pages: readonly (readonly [page: string, text: string])[]
}

/** Every page of the site, in the order in which somebody who is new reads. */
export const groups: readonly Group[] = [
  {
    text: 'Start',
    pages: [
      ['start', 'A session in five minutes'],
      ['packages/create-fetch-sessions', 'npm create'],
      ['request', 'The life of a request'],
      ['questions', 'Questions'],
    ],
  },
  {
    text: 'Sessions',
    pages: [
      ['sessions', 'Read, write, sign in and out'],
      ['sign-in', 'Who is signed in'],
      ['concurrency', 'Two requests at once'],
      ['expiry', 'Expiry and remember me'],
      ['data', 'Data and types'],
      ['administration', 'Devices and administration'],
      ['options', 'Options'],
      ['errors', 'Errors'],
      ['events', 'Events'],
      ['testing', 'Testing an application'],
    ],
  },
  {
    text: 'Stores',
    pages: [
      ['stores', 'Which store'],
      ['cookie-only', 'Cookie-only sessions'],
      ['outages', 'Outages'],
      ['packages/redis', 'Redis'],
      ['packages/sql', 'PostgreSQL, MySQL, SQLite'],
      ['packages/cloudflare', 'Workers KV and Durable Objects'],
      ['packages/deno-kv', 'Deno KV'],
      ['packages/unstorage', 'unstorage'],
      ['packages/store-testing', 'A store of your own'],
    ],
  },
  {
    text: 'Adapters',
    pages: [
      ['packages/hono', 'Hono'],
      ['packages/fetch', 'Fetch handlers'],
      ['packages/itty-router', 'itty-router'],
      ['packages/next', 'Next'],
      ['packages/login', 'Login'],
      ['packages/node', 'Express, Fastify, node:http'],
      ['express-fastify-node', 'More on Express and Fastify'],
      ['packages/core', 'Core'],
      ['frameworks', 'All frameworks'],
      ['next', 'Next in detail'],
      ['frameworks-without-a-response', 'Without a Response'],
      ['packages/device-bound', 'Device bound sessions'],
      ['packages/migrate', 'Moving in'],
    ],
  },
  {
    text: 'In production',
    pages: [
      ['deploying', 'Deploying and secrets'],
      ['proxies', 'Proxies and domains'],
      ['caches', 'Caches and CDNs'],
      ['cross-site', 'Other sites, native apps, CSRF'],
      ['scaling', 'Scaling'],
      ['packages/opentelemetry', 'OpenTelemetry'],
      ['upgrading', 'Versions and upgrades'],
      ['moving-in', 'Moving in from another library'],
      ['browsers', 'Browsers'],
      ['performance', 'Performance'],
    ],
  },
  {
    text: 'Why it holds',
    pages: [
      ['security', 'Security model'],
      ['device-bound', 'Stolen cookies: device bound sessions'],
      ['reporting', 'Report a hole'],
      ['interleavings', 'What is proven, and how'],
      ['runtimes', 'What is tested where'],
      ['behaviours', 'Behaviours'],
      ['cookie-format', 'Cookie format'],
      ['contributing', 'The code'],
    ],
  },
]
