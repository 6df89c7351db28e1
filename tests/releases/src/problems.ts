import type { Tarball } from './tarball.js'

/** A package of sessions has no reason to be larger, packed, in bytes. */
const MAX_SIZE = 1_000_000

/** What should not go out like this, a line each. `folder` is the package's, from the root of the repository. */
export function problemsOf({ manifest, files, size, types }: Tarball, folder: string): string[] {
  const problems: string[] = []
  const demand = (isSo: boolean, problem: string): void => void (isSo || problems.push(problem))
  for (const file of ['LICENSE', 'README.md']) demand(files.includes(file), `${file} is missing`)
  demand(manifest.license === 'MIT', 'license is not MIT')
  demand((manifest.description ?? '') !== '', 'description is missing')
  demand((manifest.keywords ?? []).length > 0, 'keywords are missing')
  demand(manifest.publishConfig?.access === 'public', 'publishConfig.access is not public')
  demand(
    /^git\+https:\/\/.+\.git$/.test(manifest.repository?.url ?? ''),
    'repository.url is missing: provenance needs it',
  )
  demand(manifest.repository?.directory === folder, `repository.directory is not ${folder}`)
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    demand(!/^(workspace|link|file):/.test(range), `${name} is at "${range}", which nobody else has`)
  }
  for (const path of entriesOf(manifest.exports))
    demand(files.includes(path), `exports names ${path}, which is not there`)
  for (const file of files.filter(isNoneOfTheirs)) problems.push(`${file} should stay here`)
  for (const [name, places] of declaredIn(types)) {
    demand(places.length === 1, `${name} is declared in ${places.join(' and ')}`)
  }
  demand(size <= MAX_SIZE, `${size} bytes are more than ${MAX_SIZE}`)
  return problems
}

function entriesOf(exports: Tarball['manifest']['exports'] = {}): string[] {
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  )
  return [...new Set(targets)].map((target) => target.replace(/^\.\//, ''))
}

/**
 * The files that declare each interface and class. One that is there twice is two types: TypeScript compares them member by
 * member, and infers wrong what one entry takes of another.
 */
function declaredIn(types: Tarball['types']): Map<string, string[]> {
  const places = new Map<string, string[]>()
  for (const [file, text] of Object.entries(types)) {
    const names = text.matchAll(/^(?:export )?(?:declare )?(?:abstract )?(?:interface|class) (\w+)/gm)
    for (const name of new Set([...names].map(([, name = '']) => name))) {
      places.set(name, [...(places.get(name) ?? []), file])
    }
  }
  return places
}

function isNoneOfTheirs(file: string): boolean {
  return /\.test(-d)?\.[jt]s$|^test\/|^node_modules\/|(^|\/)\.env|\.tsbuildinfo$/.test(file)
}
