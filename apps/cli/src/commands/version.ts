import { TulleError, type VersionView } from '@tulle/model';
import { type CommandSpec, isSet } from '../command/command-spec.ts';
import { CLI_VERSION } from '../cli-version.ts';

/** `tulle version`: of this command and of the mesh it talks to. */
export const VERSION: CommandSpec = {
  name: 'version',
  groups: [''],
  summary: 'the version of this command and of the mesh',
  args: [],
  options: [
    { flags: '--client', about: 'only of this command' },
    { flags: '--short', about: 'the numbers alone' },
  ],
  examples: [],
  async run(context, _args, options) {
    const short = isSet(options, 'short');
    context.print.line(short ? CLI_VERSION : `Client version: ${CLI_VERSION}`);
    if (isSet(options, 'client')) return;
    try {
      const { version } = await context.api.get<VersionView>('/version');
      context.print.line(short ? version : `Server version: ${version}`);
    } catch (error) {
      if (TulleError.from(error).code !== 'unavailable') throw error;
      context.print.line(short ? 'unavailable' : 'Server version: unavailable');
    }
  },
};
