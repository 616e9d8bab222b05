import { Button, Field, Flex, Input } from "@chakra-ui/react";
import { startTransition, useActionState, useRef, useState } from "react";
import { ApiError, CODE_NETWORK } from "@/client/api";
import { faultyFields } from "@/client/credential-rules";
import { handsFocusOn } from "@/shared/focus";
import { Icon } from "@/shared/icon";
import { texts } from "@/shared/texts";

const words = texts.channels;

/** Opens a channel of this name. Rejects with ApiError. */
export type OpenChannel = (name: string) => Promise<void>;

/** A field for the name of a channel, behind a button. */
export function NewChannel({ onOpen }: { readonly onOpen: OpenChannel }) {
  const [isShown, setShown] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setShown(false);
    requestAnimationFrame(() => button.current?.focus());
  };
  if (isShown) return <NewChannelForm onOpen={onOpen} onDone={() => setShown(false)} onClose={close} />;
  return (
    <Button
      ref={button}
      variant="ghost"
      colorPalette="gray"
      size="sm"
      w="full"
      mt="1"
      px="3"
      justifyContent="flex-start"
      fontWeight="normal"
      color="fg.muted"
      onClick={() => setShown(true)}
    >
      <Icon name="add" />
      {words.add}
    </Button>
  );
}

type NewChannelFormProps = {
  readonly onOpen: OpenChannel;
  /** The channel is open, and has the focus. */
  readonly onDone: () => void;
  readonly onClose: () => void;
};

function NewChannelForm({ onOpen, onDone, onClose }: NewChannelFormProps) {
  const [fault, submit, isPending] = useActionState(async (_: string, name: string): Promise<string> => {
    const found = faultOf(name);
    if (found !== "") return found;
    try {
      await onOpen(name);
      onDone();
      return "";
    } catch (error) {
      return reasonOf(error);
    }
  }, "");
  return (
    <Flex asChild direction="column" gap="2" px="3" py="2">
      <form
        ref={handsFocusOn}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const name = String(new FormData(event.currentTarget).get("channel") ?? "");
          startTransition(() => submit(name));
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault(); // it closes the field, and not the panel that it stands in
          onClose();
        }}
      >
        <Field.Root invalid={fault !== ""}>
          <Field.Label>{words.addName}</Field.Label>
          <Input name="channel" size="sm" autoFocus autoCapitalize="none" autoComplete="off" spellCheck={false} />
          {fault === "" ? (
            <Field.HelperText>{words.addHelp}</Field.HelperText>
          ) : (
            <Field.ErrorText>{fault}</Field.ErrorText>
          )}
        </Field.Root>
        <Flex gap="2">
          <Button type="submit" size="xs" loading={isPending}>
            {words.open}
          </Button>
          <Button size="xs" variant="ghost" colorPalette="gray" onClick={onClose}>
            {words.close}
          </Button>
        </Flex>
      </form>
    </Flex>
  );
}

function faultOf(channel: string): string {
  const isFaulty = faultyFields({ name: "-", email: "", channel: channel.trim() }).length > 0;
  return isFaulty ? texts.signIn.faults.channel : "";
}

function reasonOf(error: unknown): string {
  const isAnswer = error instanceof ApiError && error.code !== CODE_NETWORK;
  return isAnswer ? error.message : texts.signIn.unreachable;
}
