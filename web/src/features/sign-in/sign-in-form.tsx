import {
  Box,
  Button,
  Center,
  Field,
  Flex,
  Heading,
  Image,
  Input,
  type InputProps,
  Stack,
  Text,
} from "@chakra-ui/react";
import type { FormEvent } from "react";
import type { Credentials } from "@/client/api";
import type { CredentialName } from "@/client/credential-rules";
import { texts } from "@/shared/texts";
import { type SignInFaults, type SignInWith, useSignIn } from "./use-sign-in";

const words = texts.signIn;

export type SignInFormProps = {
  readonly signIn: SignInWith;
  /** What the person entered the last time. */
  readonly initial: Partial<Credentials>;
  /** Why the person sees this form, where that is not plain. */
  readonly notice: string | undefined;
};

/** Asks for a name, an email and a channel, and signs in with them. */
export function SignInForm({ signIn, initial, notice }: SignInFormProps) {
  const { submit, isPending, faults } = useSignIn(signIn);
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const faulty = submit(readCredentials(new FormData(form)));
    if (faulty) form.querySelector<HTMLInputElement>(`[name=${faulty}]`)?.focus();
  };
  return (
    <Center as="main" h="full" overflowY="auto" bg="bg.subtle" p="4">
      <Box
        w="full"
        maxW="sm"
        m="auto"
        p={{ base: "6", sm: "8" }}
        bg="bg.panel"
        rounded="2xl"
        shadow="sm"
        borderWidth="1px"
      >
        <Welcome />
        <Stack asChild gap="4">
          <form onSubmit={onSubmit} noValidate>
            {notice !== undefined && (
              <Text role="status" bg="bg.info" color="fg.info" rounded="md" px="3" py="2" textStyle="sm">
                {notice}
              </Text>
            )}
            <SignInFields faults={faults} initial={initial} />
            {faults.form !== undefined && (
              <Text role="alert" color="fg.error" textStyle="sm">
                {faults.form}
              </Text>
            )}
            <Button type="submit" size="lg" mt="2" loading={isPending}>
              {words.submit}
            </Button>
          </form>
        </Stack>
      </Box>
    </Center>
  );
}

function Welcome() {
  return (
    <>
      <Flex align="center" gap="2.5" mb="6">
        <Image src="/favicon.svg" alt="" boxSize="8" />
        <Text fontWeight="semibold" textStyle="lg" color="fg.muted">
          {texts.product}
        </Text>
      </Flex>
      <Heading as="h1" size="xl">
        {words.title}
      </Heading>
      <Text color="fg.muted" mt="1" mb="6">
        {words.lead}
      </Text>
    </>
  );
}

type SignInFieldsProps = Pick<SignInFieldProps, "faults" | "initial">;

/** Who comes back has a name already, and begins with the channel. */
function SignInFields({ faults, initial }: SignInFieldsProps) {
  return (
    <>
      <SignInField
        name="name"
        label={words.name}
        faults={faults}
        initial={initial}
        required
        autoComplete="name"
        autoFocus={!initial.name}
      />
      <SignInField
        name="email"
        label={words.email}
        help={words.emailHelp}
        faults={faults}
        initial={initial}
        type="email"
        autoComplete="email"
      />
      <SignInField
        name="channel"
        label={words.channel}
        help={words.channelHelp}
        faults={faults}
        initial={initial}
        required
        autoCapitalize="none"
        spellCheck={false}
        autoFocus={Boolean(initial.name)}
      />
    </>
  );
}

type SignInFieldProps = Omit<InputProps, "name"> & {
  readonly name: CredentialName;
  readonly label: string;
  readonly help?: string;
  readonly faults: SignInFaults;
  readonly initial: Partial<Credentials>;
};

function SignInField({ name, label, help, faults, initial, ...input }: SignInFieldProps) {
  const fault = faults[name];
  const invalid = fault !== undefined;
  return (
    <Field.Root invalid={invalid} required={input.required ?? false}>
      <Field.Label>{label}</Field.Label>
      <Input {...input} name={name} defaultValue={initial[name] ?? ""} size="lg" />
      {invalid ? <Field.ErrorText>{fault}</Field.ErrorText> : help && <Field.HelperText>{help}</Field.HelperText>}
    </Field.Root>
  );
}

function readCredentials(form: FormData): Credentials {
  const field = (name: CredentialName): string => String(form.get(name) ?? "").trim();
  return { name: field("name"), email: field("email"), channel: field("channel") };
}
