/** Modules that wrangler's rules make of files: see [[rules]] in the wrangler.toml files. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '*.bin' {
  const bytes: ArrayBuffer;
  export default bytes;
}
