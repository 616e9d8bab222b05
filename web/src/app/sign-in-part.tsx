import { Flex } from "@chakra-ui/react";
import type { SignInFormProps } from "@/features/sign-in/sign-in-form";
import { useLoaded } from "@/shared/use-loaded";
import { Unloaded } from "./crash";
import { loadSignIn } from "./lazy-parts";

/** The form to sign in with, which is fetched for who is not signed in. */
export function SignInPart(props: SignInFormProps) {
  const part = useLoaded(loadSignIn);
  if (part.state === "ready") return <part.value.SignInForm {...props} />;
  if (part.state === "loading") return null;
  return (
    <Flex as="main" h="full">
      <Unloaded onAgain={part.again} />
    </Flex>
  );
}
