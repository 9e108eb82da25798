'use client';
/** Mantine's theme, taken from tokens.css, so that its components and ours share one set of colours in both schemes. */
import { createTheme, rem } from '@mantine/core';
import type { CSSVariablesResolver, MantineColorsTuple } from '@mantine/core';
import classes from './theme.module.css';

const iris: MantineColorsTuple = [
  '#f4f3fe',
  '#edebfc',
  '#d9d5fa',
  '#c1bbfa',
  '#a297ff',
  '#7a6cec',
  '#5546d6',
  '#4739bd',
  '#3b2fa0',
  '#2f2580',
];

export const theme = createTheme({
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 4 },
  autoContrast: true,
  black: '#1d1c1a',
  colors: { iris },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: rem(12), sm: rem(13.5), md: rem(14), lg: rem(16), xl: rem(18) },
  spacing: { xs: rem(4), sm: rem(8), md: rem(12), lg: rem(16), xl: rem(20) },
  radius: { xs: rem(4), sm: rem(6), md: rem(8), lg: rem(10), xl: rem(14) },
  defaultRadius: 'md',
  headings: { fontFamily: 'var(--font)', fontWeight: '650' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: {
      defaultProps: { variant: 'default', size: 'sm' },
      classNames: { root: classes.button },
    },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 30 } },
    Tooltip: {
      defaultProps: { withArrow: false, openDelay: 150, multiline: true },
      classNames: { tooltip: classes.tooltip },
    },
    Modal: {
      defaultProps: {
        overlayProps: { color: 'transparent', className: classes.veil },
        closeButtonProps: { 'aria-label': 'Close' },
      },
      classNames: { title: classes.modalTitle },
    },
    Drawer: {
      defaultProps: {
        overlayProps: { color: 'transparent', className: classes.veil },
        closeButtonProps: { 'aria-label': 'Close' },
      },
      classNames: { title: classes.modalTitle },
    },
    Menu: { classNames: { item: classes.menuItem } },
  },
});

const SHARED: Readonly<Record<string, string>> = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-bright': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink3)',
  '--mantine-color-placeholder': 'var(--ink3)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-success': 'var(--ok)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--line)',
  '--mantine-color-disabled': 'var(--line2)',
  '--mantine-color-disabled-color': 'var(--ink3)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-primary-color-contrast': 'var(--accent-ink)',
  '--mantine-color-iris-filled': 'var(--accent)',
  '--mantine-color-iris-filled-hover': 'color-mix(in srgb, var(--accent) 88%, var(--ink))',
  '--mantine-color-iris-light': 'var(--accent-bg)',
  '--mantine-color-iris-light-hover': 'var(--accent-bg)',
  '--mantine-color-iris-light-color': 'var(--accent)',
  '--mantine-color-gray-light-hover': 'var(--hover)',
};

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...SHARED },
  dark: { ...SHARED },
});
