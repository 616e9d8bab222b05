import { Button, Field, Flex, Input } from "@chakra-ui/react";
import { startTransition, useActionState } from "react";
import { isChannelName } from "@/shared/address";
import { handsFocusOn } from "@/shared/focus";
import { reasonOf } from "@/shared/refusal";
import { texts } from "@/shared/texts";

const words = texts.channels;

/** Opens a channel of this name. Rejects with ApiError. */
export type OpenChannel = (name: string) => Promise<void>;

export type NewChannelFormProps = {
  readonly onOpen: OpenChannel;
  /** The channel is open, and has the focus. */
  readonly onDone: () => void;
  readonly onClose: () => void;
};

/** Asks for the name of a channel, and opens it. */
export function NewChannelForm({ onOpen, onDone, onClose }: NewChannelFormProps) {
  const [fault, submit, isPending] = useActionState(async (_: string, name: string): Promise<string> => {
    if (!isChannelName(name.trim())) return texts.signIn.faults.channel;
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
          <Input name="channel" size="lg" autoFocus autoCapitalize="none" autoComplete="off" spellCheck={false} />
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
