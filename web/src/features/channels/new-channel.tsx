import { Button, Text } from "@chakra-ui/react";
import { useRef, useState } from "react";
import { Icon } from "@/shared/icon";
import { texts } from "@/shared/texts";
import { useLoaded } from "@/shared/use-loaded";
import type { NewChannelFormProps, OpenChannel } from "./new-channel-form";

const words = texts.channels;

const loadForm = () => import("./new-channel-form");

/** A field for the name of a channel, behind a button. */
export function NewChannel({ onOpen }: { readonly onOpen: OpenChannel }) {
  const [isShown, setShown] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setShown(false);
    requestAnimationFrame(() => button.current?.focus());
  };
  if (isShown) return <Form onOpen={onOpen} onDone={() => setShown(false)} onClose={close} />;
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

/** The form, which is fetched when it is wanted. */
function Form(props: NewChannelFormProps) {
  const part = useLoaded(loadForm);
  if (part.state === "ready") return <part.value.NewChannelForm {...props} />;
  if (part.state === "loading") return null;
  return (
    <>
      <Text role="alert" textStyle="sm" px="3" py="2">
        {texts.crash.unloaded}
      </Text>
      <Button size="sm" mx="3" onClick={part.again}>
        {words.tryAgain}
      </Button>
    </>
  );
}
