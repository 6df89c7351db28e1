/** Which file may import which: `pnpm check:imports`. An import of a type alone counts as one. */

/** The folders of core in the order of a request. Each imports only those behind it. */
const ORDER = ['request', 'commit', 'session', 'cookie', 'store']

/** The files of core that put the folders together. */
const TOP = ['index', 'node', 'test-kit', 'manager', 'moves-in', 'administration', 'options', 'session-source']

/** What any file of core may import. */
const BASICS = ['errors', 'events', 'types', 'awaitable', 'option-error', 'warnings']

/** The packages that keep sessions somewhere. */
const STORES = ['redis', 'sql', 'cloudflare', 'deno-kv', 'unstorage']

const CORE = '^packages/core/src/'
const files = (names) => `${CORE}(${names.join('|')})\\.ts$`
const folders = (names) => `${CORE}(${names.join('|')})/`

const TESTS = String.raw`\.test(-d)?\.ts$|/src/testing/|/test/`

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', comment: 'No circle.', from: {}, to: { circular: true } },
    {
      name: 'no-riddle',
      severity: 'error',
      comment: 'What is imported is there. Otherwise the rules below would not see it.',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(cloudflare:|bun(:|$))' },
    },
    ...ORDER.map((folder, index) => ({
      name: `core-order-${folder}`,
      severity: 'error',
      comment: `In core, imports go ${ORDER.join(' -> ')}, and what puts the folders together is imported by none.`,
      from: { path: folders([folder]), pathNot: TESTS },
      to: {
        // The two folders that serve a request get what the options come to. The others get what they need of it.
        path: [
          files(index < ORDER.indexOf('session') ? TOP : [...TOP, 'context']),
          ...(index > 0 ? [folders(ORDER.slice(0, index))] : []),
        ],
      },
    })),
    {
      name: 'core-basics',
      severity: 'error',
      comment: `What all of core may import (${BASICS.join(', ')}) imports only its like and the store protocol.`,
      from: { path: files(BASICS) },
      to: { path: CORE, pathNot: [files(BASICS), `${CORE}store/store\\.ts$`] },
    },
    {
      name: 'core-test-kit',
      severity: 'error',
      comment:
        'The kit for tests is an entry of its own, which nothing else of core has in it, and takes little of core.',
      from: { path: CORE, pathNot: [TESTS, files(['test-kit']), folders(['test-kit'])] },
      to: { path: folders(['test-kit']) },
    },
    {
      name: 'core-test-kit-alone',
      severity: 'error',
      comment: 'The kit for tests takes types of core, and no code but for the checks of options.',
      from: { path: folders(['test-kit']), pathNot: TESTS },
      to: {
        path: CORE,
        pathNot: [folders(['test-kit']), files(['option-error', 'store/check-store'])],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'core-alone',
      severity: 'error',
      comment:
        'Core has no dependency. One file knows Node; one interface is copied into the types when core is built.',
      from: { path: CORE, pathNot: [TESTS, `${CORE}cookie/node-signer\\.ts$`] },
      to: { pathNot: [CORE, '@standard-schema/spec'] },
    },
    {
      name: 'packages-to-core-only',
      severity: 'error',
      comment: 'Of our packages, one may import core and no other.',
      from: { path: '^packages/([^/]+)/src/', pathNot: TESTS },
      to: { path: '^packages/', pathNot: '^packages/($1|core)/' },
    },
    {
      name: 'core-by-its-name',
      severity: 'error',
      comment: 'A package imports core as its users do, by its name: what is in no entry point is private.',
      from: { path: '^packages/([^/]+)/src/', pathNot: ['^packages/core/', TESTS] },
      to: { path: '^packages/core/', pathNot: '^packages/core/(src|dist)/(index|node)\\.' },
    },
    {
      name: 'stores-to-types-only',
      severity: 'error',
      comment: 'A store follows the protocol: of core it needs types, and no code.',
      from: { path: `^packages/(${STORES.join('|')})/src/`, pathNot: TESTS },
      to: { path: '^packages/core/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-test-in-a-package',
      severity: 'error',
      comment: 'What is published imports nothing that tests are made of.',
      from: { path: '^packages/[^/]+/src/', pathNot: TESTS },
      to: { path: TESTS, pathNot: 'node_modules' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    // Its paths lead from a package's name to its sources, so that nothing has to be built before.
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
