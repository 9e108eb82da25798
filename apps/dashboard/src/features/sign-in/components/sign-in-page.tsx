'use client';
import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { Card } from '@/components/ui/card/card.tsx';
import { Command } from '@/components/ui/command/command.tsx';
import { signIn } from '../data/session.ts';
import classes from './sign-in-page.module.css';

export interface SignInPageProps {
  /** Why the credentials that came do not count; null where none came. */
  refused: string | null;
  onSignedIn: () => void;
}

/** Asks for a token of the cluster. */
export function SignInPage({ refused, onSignedIn }: SignInPageProps) {
  const [token, setToken] = useState('');
  const { mutate, isPending, error } = useMutation({ mutationFn: signIn, onSuccess: onSignedIn });

  function submit(event: FormEvent): void {
    event.preventDefault();
    mutate(token.trim());
  }

  return (
    <main className={classes['page']}>
      <Card>
        <form className={classes['form']} onSubmit={submit}>
          <h1 className={classes['title']}>Sign in to the mesh</h1>
          <p className={classes['words']}>
            This dashboard shows what you may see and does what you may do: your token is asked
            with, and the cluster’s RBAC decides.
          </p>
          <PasswordInput
            label="Token"
            description="Of your account, or of a service account. It stays in this browser, where no script can read it."
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            error={error?.message ?? refused}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
          <Button type="submit" loading={isPending} disabled={token.trim() === ''}>
            Sign in
          </Button>
          <p className={classes['words']}>A token of a service account is printed by</p>
          <Command text="kubectl create token SERVICE-ACCOUNT -n NAMESPACE" />
        </form>
      </Card>
    </main>
  );
}
