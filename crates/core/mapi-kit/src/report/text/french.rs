//! What reports say in French.

use super::Words;
use super::reason::Reason;

pub(super) const WORDS: Words = Words {
    prefixes: ["Non remis : ", "Remis : ", "Lu : ", "Non lu : "],
    sentences: [
        "Votre message n’est pas parvenu à certains de ses destinataires, ou à aucun.",
        "Votre message a été remis.",
        "Votre message a été lu.",
        "Votre message a été supprimé sans être lu.",
    ],
    subject: "Objet :",
    sent: "Envoyé :",
    to: "À :",
    when: "Quand :",
    not_to: "Il n’est pas parvenu à :",
    got: "Il a été remis à :",
    no_subject: "(aucun)",
    somebody: "(un destinataire sans nom)",
    said: "Ce qui a été répondu :",
    advice: "Le message est joint. Il peut être renvoyé à ces seuls destinataires.",
    reason,
};

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownAddress => "Cette adresse n’existe pas. Vérifiez comment elle est écrite.",
        Reason::UnknownDomain => {
            "Personne ne reçoit de courrier pour ce qui suit le @. Vérifiez comment il est écrit."
        }
        Reason::BadAddress => "Ceci n’est pas une adresse valable.",
        Reason::Disabled => "La boîte aux lettres ne reçoit pas de courrier en ce moment.",
        Reason::Full => "La boîte aux lettres est pleine.",
        Reason::TooLarge => "Le message est trop volumineux.",
        Reason::Unreachable => "L’autre côté n’a pas pu être joint.",
        Reason::Expired => "L’envoi a été essayé plusieurs fois, puis abandonné.",
        Reason::Loop => "Le message a tourné en rond entre des systèmes de courrier.",
        Reason::Content => "L’autre côté ne peut pas recevoir ce que le message contient.",
        Reason::NotAllowed => "L’autre côté n’accepte pas le message.",
        Reason::Temporary => "Il n’a pas pu être remis pour le moment.",
        Reason::Other => "Il n’a pas pu être remis.",
    }
}
