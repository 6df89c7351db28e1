/** Modules that a platform has by itself, and the package that has their types, which Deno has not. */
export const PLATFORM_TYPES: Readonly<Record<string, string | undefined>> = {
  'cloudflare:workers': '@cloudflare/workers-types',
}

/**
 * What changes the types of others, with the comments that silence our tools. JSR refuses it, even as a slow type: there
 * the handle of an Express or Fastify request comes from `sessionOf(request)`, or the application declares its type.
 */
const AUGMENTATION =
  /^(?:\/\/ biome-ignore .*\n)?(?:\/\*\* @ts-ignore.*\n)?declare (?:global|module '.*') \{\n[\s\S]*?^\}\n/gm

/** A source as JSR wants it. */
export interface JsrSource {
  readonly code: string
  /** What it imports, but for files of its own package and modules of Node. */
  readonly imports: readonly string[]
}

/** Writes `.ts` in imports where ours say `.js`, as TypeScript and npm want it, and leaves out what JSR refuses. */
export function jsrSource(source: string): JsrSource {
  const imports: string[] = []
  const code = source
    .replaceAll(AUGMENTATION, '')
    .replaceAll(/^((?:import|export|\}) .*from ')([^']+)'/gm, (_, from: string, specifier: string) => {
      if (!/^(\.|node:)/.test(specifier)) imports.push(specifier)
      return `${from}${specifier.replace(/^(\..*)\.js$/, '$1.ts')}'`
    })
  const isForPlatform = imports.some((specifier) => PLATFORM_TYPES[specifier] !== undefined)
  // Deno checks what it makes of the public types without those of the platform: it finds nothing to override.
  return { code: isForPlatform ? code.replaceAll(/^( +)override /gm, '$1') : code, imports }
}
