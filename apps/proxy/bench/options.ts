/** The value of the command line's `--name=value`. */
export function wordOption(name: string): string | undefined {
  return process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
}
