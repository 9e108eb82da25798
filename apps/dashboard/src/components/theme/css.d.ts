/** TypeScript 7 checks side-effect imports: style sheets of packages without types are declared here. */
declare module '@fontsource-variable/inter';
declare module '@fontsource-variable/jetbrains-mono';
declare module '*.css' {
  const classes: Readonly<Record<string, string>>;
  export default classes;
}
