//! The table of sentences: one line each in English and French.

use super::Lang;

macro_rules! catalogue {
    ($($name:ident: $en:literal | $fr:literal;)*) => {
        /// A sentence or word that the command says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Msg { $($name,)* }

        impl Msg {
            /// Every sentence.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The sentence with its holes.
            pub(crate) const fn text(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((Self::$name, Lang::English) => $en,
                    (Self::$name, Lang::French) => $fr,)*
                }
            }
        }
    };
}

catalogue! {
    Error: "error" | "erreur";
    Hint: "hint" | "conseil";
    Note: "note" | "note";
    // profiles
    NoProfileYet: "no profile is set up" | "aucun profil n’existe encore";
    NoProfileYetHint: "make one: malle profile create NAME" | "créez-en un : malle profile create NOM";
    NoDefaultProfile: "no default profile is chosen" | "aucun profil par défaut n’est choisi";
    NoDefaultProfileHint: "choose one: malle profile default NAME, or name it with -p" | "choisissez : malle profile default NOM, ou nommez-le avec -p";
    UnknownProfile: "there is no profile “{0}”" | "il n’y a pas de profil « {0} »";
    ProfileExists: "there is a profile “{0}” already" | "il y a déjà un profil « {0} »";
    BadProfileName: "“{0}” is no name for a profile: letters, digits, “-”, “_” and “.”, at most 64" | "« {0} » n’est pas un nom de profil : lettres, chiffres, « - », « _ » et « . », 64 au plus";
    ProfileCreated: "profile “{0}” created" | "profil « {0} » créé";
    ProfileCreatedDefault: "profile “{0}” created; it is the default one" | "profil « {0} » créé ; c’est celui par défaut";
    ProfileDeleted: "profile “{0}” deleted; its mail stays in {1}" | "profil « {0} » supprimé ; son courrier reste dans {1}";
    ProfilePurged: "profile “{0}” and its mail deleted" | "profil « {0} » et son courrier supprimés";
    ProfileIsDefault: "“{0}” is the default profile" | "« {0} » est le profil par défaut";
    ConfirmPurge: "Delete profile “{0}” with all its mail, for good?" | "Supprimer définitivement le profil « {0} » et tout son courrier ?";
    NeedsYes: "this cannot be undone: give --yes to go on" | "c’est irréversible : ajoutez --yes pour continuer";
    AnswerYesNo: "[y/N]" | "[o/N]";
    NotDone: "nothing was changed" | "rien n’a été modifié";
    UnknownService: "there is no message service {0}" | "il n’y a pas de service de messagerie {0}";
    // profiles and services administered
    ProfileCopied: "profile “{0}” copied to “{1}”; both use the same mail" | "profil « {0} » copié sous « {1} » ; tous deux utilisent le même courrier";
    ProfileRenamed: "profile “{0}” is called “{1}” now" | "le profil « {0} » s’appelle maintenant « {1} »";
    ProfileRenamedLater: "profile “{0}” is in use: it is called “{1}” when its last session ends" | "le profil « {0} » est utilisé : il s’appellera « {1} » à la fin de sa dernière session";
    ProfileDeletedLater: "profile “{0}” is in use: it is removed when its last session ends; its mail stays in {1}" | "le profil « {0} » est utilisé : il disparaît à la fin de sa dernière session ; son courrier reste dans {1}";
    ProfileInUse: "in use" | "utilisé";
    ProfileExported: "profile “{0}” written to {1}" | "profil « {0} » écrit dans {1}";
    LeftOut: "not in the file: {0}" | "absent du fichier : {0}";
    Verbatim: "{0}" | "{0}";
    ServiceAdded: "“{0}” added" | "« {0} » ajouté";
    ServiceConfigured: "“{0}” configured" | "« {0} » configuré";
    ServiceDeleted: "“{0}” taken out of the profile; what its stores hold stays" | "« {0} » retiré du profil ; le contenu de ses magasins reste";
    ServiceCopied: "“{0}” copied" | "« {0} » copié";
    ServiceNotRenamed: "what people call a service is chosen when it is added: malle service add SERVICE --name TEXT" | "le nom d’un service se choisit à l’ajout : malle service add SERVICE --name TEXTE";
    ServiceNotHere: "  this program does not have {0}: its providers cannot be started" | "  ce programme n’a pas {0} : ses fournisseurs ne peuvent démarrer";
    ProviderAdded: "provider added to “{0}”" | "fournisseur ajouté à « {0} »";
    ProviderDeleted: "provider taken out of “{0}”" | "fournisseur retiré de « {0} »";
    WouldBe: "“{0}” would be changed" | "« {0} » serait modifié";
    NextSession: "the profile is in use: this takes effect in the next session" | "le profil est utilisé : cela prend effet à la prochaine session";
    InUseLater: "in use: removed when the last session ends" | "utilisé : retiré à la fin de la dernière session";
    ConfirmService: "Take “{0}” out of the profile?" | "Retirer « {0} » du profil ?";
    ConfirmDefaultService: "Take “{0}” out of the profile? It has the default store." | "Retirer « {0} » du profil ? Il a le magasin par défaut.";
    ConfirmProvider: "Take “{0}” out of its service?" | "Retirer « {0} » de son service ?";
    UnknownServiceIn: "the profile has no service “{0}”" | "le profil n’a pas de service « {0} »";
    SeveralServices: "several services are meant by “{0}”: name one by its number or uid" | "« {0} » désigne plusieurs services : nommez-en un par son numéro ou son uid";
    UnknownProvider: "there is no provider “{0}”" | "il n’y a pas de fournisseur « {0} »";
    UnknownProviderOf: "the service has no provider “{0}”; it can have: {1}" | "le service n’a pas de fournisseur « {0} » ; il peut avoir : {1}";
    SeveralProviders: "several providers are meant by “{0}”: name one by its uid" | "« {0} » désigne plusieurs fournisseurs : nommez-en un par son uid";
    NoTransports: "no service of the profile sends" | "aucun service du profil n’envoie";
    OrderIncomplete: "an order names every transport: there are {0}, and {1} were named" | "un ordre nomme tous les transports : il y en a {0}, et {1} ont été nommés";
    IdentityIs: "“{0}” says who the user is" | "« {0} » dit qui est l’utilisateur";
    IdentityNone: "no service says who the user is" | "aucun service ne dit qui est l’utilisateur";
    DefaultStoreIs: "{0} is the default store" | "{0} est le magasin par défaut";
    DefaultStoreNone: "there is no default store" | "il n’y a pas de magasin par défaut";
    NobodyToAsk: "nobody can be asked here: give settings by --set or --from" | "personne à interroger ici : donnez les réglages par --set ou --from";
    NothingToSet: "nothing to set: give --set, --unset, --from or --ask" | "rien à régler : donnez --set, --unset, --from ou --ask";
    SettingNoEquals: "“{0}” is no setting: KEY=VALUE is expected" | "« {0} » n’est pas un réglage : CLÉ=VALEUR est attendu";
    SettingFileBad: "{0}: “{1}” is no setting: key = value, or a JSON object of texts, numbers and true or false" | "{0} : « {1} » n’est pas un réglage : clé = valeur, ou un objet JSON de textes, nombres et true ou false";
    SettingRequired: "required" | "requis";
    SettingDefault: "default {0}" | "{0} par défaut";
    ColStores: "STORES" | "MAGASINS";
    // settings, sheets and wizards
    SettingUnknown: "there is no setting “{0}”" | "il n’y a pas de réglage « {0} »";
    SettingNear: "; did you mean “{0}”?" | " ; vouliez-vous dire « {0} » ?";
    SettingNone: "; nothing can be set here" | " ; rien ne se règle ici";
    SettingKnown: "; there are: {0}" | " ; il y a : {0}";
    SettingMissing: "the setting “{0}” is missing: {1}" | "le réglage « {0} » manque : {1}";
    SettingWrong: "setting “{0}”: “{1}” is not {2}" | "réglage « {0} » : « {1} » n’est pas {2}";
    StoreNotOpened: "store {0} cannot be opened: {1}" | "le magasin {0} ne peut être ouvert : {1}";
    SettingUnfit: "setting “{0}”: “{1}” is not {2}: {3}" | "réglage « {0} » : « {1} » n’est pas {2} : {3}";
    SettingWrongHidden: "setting “{0}”: what was given is not {1}" | "réglage « {0} » : ce qui a été donné n’est pas {1}";
    AllowedText: "a text of at most 4096 characters, without control characters" | "un texte de 4096 caractères au plus, sans caractères de commande";
    AllowedPath: "a path" | "un chemin";
    AllowedNumber: "a number from {0} to {1}" | "un nombre de {0} à {1}";
    AllowedChoice: "one of {0}" | "l’un de {0}";
    AllowedSwitch: "yes or no" | "yes ou no";
    AllowedSecret: "the name of a secret (letters, digits and _ . / @ + -, at most 64)" | "le nom d’un secret (lettres, chiffres et _ . / @ + -, 64 au plus)";
    RefusedMissing: "{0} must be filled in" | "{0} doit être rempli";
    RefusedCharacter: "{0}: “{1}” cannot be typed there, only {2}" | "{0} : « {1} » ne peut y être saisi, seulement {2}";
    RefusedTooLong: "{0}: at most {1} characters" | "{0} : {1} caractères au plus";
    RefusedReadOnly: "{0} cannot be changed" | "{0} ne peut être modifié";
    SheetKeys: "Enter keeps what is in brackets, - empties it, ? explains, < goes back, Ctrl-D gives up; * must be filled in." | "Entrée garde ce qui est entre crochets, - le vide, ? explique, < revient, Ctrl-D abandonne ; * doit être rempli.";
    SheetKeep: "Keep this?" | "Enregistrer ?";
    AnswerYesUnless: "[Y/n]" | "[O/n]";
    Yes: "yes" | "oui";
    No: "no" | "non";
    NoHelp: "there is nothing more to say about it" | "il n’y a rien à en dire de plus";
    NoneOfThese: "“{0}” is none of these" | "« {0} » n’en fait pas partie";
    WhichProfile: "Which profile? By number or name; Enter takes the one marked *." | "Quel profil ? Par numéro ou par nom ; Entrée prend celui marqué *.";
    WhichProfileNew: "   +  a new one" | "   +  un nouveau";
    WizardStep: "Step {0}" | "Étape {0}";
    WizardOn: "Enter goes on." | "Entrée continue.";
    WizardOnOrBack: "Enter goes on, < goes back." | "Entrée continue, < revient.";
    WizardDone: "Enter makes it so." | "Entrée termine.";
    WizardDoneOrBack: "Enter makes it so, < goes back." | "Entrée termine, < revient.";
    // writing
    DraftKept: "draft {0} kept in {1}" | "brouillon {0} conservé dans {1}";
    Posted: "{0} posted in {1}" | "{0} publié dans {1}";
    NothingWritten: "nothing was written, so nothing is kept" | "rien n’a été écrit, rien n’est donc conservé";
    BadAddress: "“{0}” is no address such as Ann <ann@example.org>" | "« {0} » n’est pas une adresse comme Ann <ann@example.org>";
    BadTime: "“{0}” is no time: 18:00, 2026-05-01, 2026-05-01T10:00:00Z, or +3d from now (s, m, h, d, w)" | "« {0} » n’est pas un moment : 18:00, 2026-05-01, 2026-05-01T10:00:00Z, ou +3d à partir de maintenant (s, m, h, d, w)";
    BadLink: "{0}: {1}" | "{0} : {1}";
    EditorFailed: "the editor {0} failed: {1}" | "l’éditeur {0} a échoué : {1}";
    EditKept: "your text is in {0}; go on with: malle draft edit {1}" | "votre texte est dans {0} ; continuez avec : malle draft edit {1}";
    TextKept: "your text is in {0}; the same command goes on with it" | "votre texte est dans {0} ; la même commande le reprend";
    EditGoesOn: "going on with what an interrupted edit left in {0}" | "reprise de ce qu’une rédaction interrompue a laissé dans {0}";
    EditedElsewhere: "{0} is being written in another editor" | "{0} est en cours de rédaction dans un autre éditeur";
    EditUnfinished: "{0} is not ready: what an interrupted edit left is not in it yet" | "{0} n’est pas prêt : ce qu’une rédaction interrompue a laissé n’y est pas encore";
    NoDraft: "{0} is no draft" | "{0} n’est pas un brouillon";
    PostToNobody: "a post goes to nobody: leave out --to, --cc and --bcc" | "une publication ne va à personne : retirez --to, --cc et --bcc";
    PostWhere: "say in which folder to post" | "indiquez dans quel dossier publier";
    // sending
    BadSpan: "“{0}” is no time that passes: 10s, 30m, 2h, 3d or 1w" | "« {0} » n’est pas une durée : 10s, 30m, 2h, 3d (jours) ou 1w (semaine)";
    Sending: "sending" | "envoi";
    SentFiled: "{0} sent; a copy is in Sent Items" | "{0} envoyé ; une copie est dans les éléments envoyés";
    SentGone: "{0} sent; no copy is kept" | "{0} envoyé ; aucune copie n’est gardée";
    SentToNobody: "{0} was sent to nobody:" | "{0} n’a été envoyé à personne :";
    NotSent: "{0} was not sent: {1}" | "{0} n’a pas été envoyé : {1}";
    SentLater: "{0} is sent at {1}; until then malle outbox cancel {0} takes it back" | "{0} part à {1} ; jusque-là, malle outbox cancel {0} le reprend";
    SentWaits: "{0} waits until {1}: {2}" | "{0} attend jusqu’à {1} : {2}";
    SentUnknown: "nobody knows whether {0} was sent: malle outbox retry --unknown {0} sends it again, malle outbox sent {0} files it" | "nul ne sait si {0} est parti : malle outbox retry --unknown {0} le renvoie, malle outbox sent {0} le classe";
    SentHeld: "{0} is held: malle outbox release {0}" | "{0} est retenu : malle outbox release {0}";
    SentQueued: "{0} waits in the Outbox for malle flush or the daemon" | "{0} attend dans la boîte d’envoi que malle flush ou le démon l’envoie";
    SentQueuedFor: "{0} waits in the Outbox: {1}" | "{0} attend dans la boîte d’envoi : {1}";
    RefusedWhy: "  not to {0}: {1}" | "  pas à {0} : {1}";
    RefusedNoWhy: "  not to {0}" | "  pas à {0}";
    RefusedResend: "  again with: malle resend {0}" | "  à nouveau avec : malle resend {0}";
    Flushed: "{0} sent, {1} received" | "{0} envoyés, {1} reçus";
    FlushFailed: "{0} went to nobody: the Inbox has the reports" | "{0} n’ont atteint personne : les rapports sont dans la boîte de réception";
    NoQueue: "nothing is sent from this store" | "rien n’est envoyé depuis ce magasin";
    NotInQueue: "{0} does not wait to be sent" | "{0} n’attend pas d’être envoyé";
    TakenBack: "{0} taken back: drafts again" | "{0} repris : à nouveau brouillons";
    OutboxHeld: "{0} held" | "{0} retenus";
    OutboxReleased: "{0} released" | "{0} libérés";
    OutboxFiled: "{0} filed as sent" | "{0} classés comme envoyés";
    StateSent: "sent" | "envoyé";
    StateRefused: "refused" | "refusé";
    FlushStays: "{0} stay in the Outbox:" | "{0} restent dans la boîte d’envoi :";
    FlushInterrupted: "interrupted; what was begun is gone on with by the next malle flush or the daemon" | "interrompu ; ce qui était commencé sera repris par le prochain malle flush ou le démon";
    NoSuchTransport: "no service of the profile sends by the name of “{0}”, or several do; malle service list shows them" | "aucun service du profil n’envoie sous le nom « {0} », ou plusieurs ; malle service list les montre";
    StateQueued: "queued" | "en file";
    StateSending: "sending" | "en cours";
    StateWaiting: "waiting" | "en attente";
    StateDeferred: "deferred" | "différé";
    StateHeld: "held" | "retenu";
    StateUnknown: "unknown" | "inconnu";
    ColNext: "NEXT TRY" | "PROCHAIN ESSAI";
    ColTo: "TO" | "À";
    SendmailUnknown: "-{0} is no option of sendmail" | "-{0} n’est pas une option de sendmail";
    SendmailNoValue: "-{0} needs a value" | "-{0} demande une valeur";
    SendmailMode: "-b{0} is not done here: only -bm, -bp and -bi are" | "-b{0} n’existe pas ici : seulement -bm, -bp et -bi";
    SendmailToNobody: "nobody to send it to: name recipients, or give -t and name them in the header" | "aucun destinataire : nommez-les, ou donnez -t et nommez-les dans l’en-tête";
    SendmailFromNobody: "nobody is known to write it: give -f ADDRESS, a From field, or a service that says who the user is" | "auteur inconnu : donnez -f ADRESSE, un champ From, ou un service qui dit qui est l’utilisateur";
    // forms
    ColLibrary: "LIBRARY" | "BIBLIOTHÈQUE";
    ColIcon: "ICON" | "ICÔNE";
    FormCategory: "Category" | "Catégorie";
    FormComment: "Comment" | "Commentaire";
    FormOwner: "Owner" | "Responsable";
    FormVersion: "Version" | "Version";
    FormVerbs: "Verbs" | "Actions";
    FormProperties: "Properties" | "Propriétés";
    FormChecked: "the form of {0} can be installed" | "le formulaire de {0} peut être installé";
    FormInstalled: "form of {0} installed" | "formulaire de {0} installé";
    FormMerged: "the form of {0} has new platforms; --replace takes all of the new one" | "le formulaire de {0} a de nouvelles plateformes ; --replace prend tout le nouveau";
    FormUnchanged: "there is a form of {0} already; --replace takes the new one" | "il y a déjà un formulaire de {0} ; --replace prend le nouveau";
    FormRemoved: "form of {0} removed" | "formulaire de {0} supprimé";
    FormNote: "{0}, line {1}: {2}" | "{0}, ligne {1} : {2}";
    NoForm: "there is no form of {0}" | "il n’y a pas de formulaire de {0}";
    // search folders
    NotASearchFolder: "“{0}” is not a search folder" | "« {0} » n’est pas un dossier de recherche";
    SearchFolderCreated: "search folder {1} created: {0}, {2} messages" | "dossier de recherche {1} créé : {0}, {2} messages";
    SearchFolderChanged: "search folder {0} changed: {2} messages" | "dossier de recherche {0} modifié : {2} messages";
    SearchFolderStopped: "search folder {0} stopped: it keeps its {2} messages" | "dossier de recherche {0} arrêté : il garde ses {2} messages";
    SearchFolderDeleted: "search folder {0} deleted; its messages stay where they are" | "dossier de recherche {0} supprimé ; ses messages restent où ils sont";
    DaysAreFixed: "days counted from today stay those of today" | "les jours comptés à partir d’aujourd’hui restent ceux d’aujourd’hui";
    SearchGoesOn: "what was found so far stays; malle search-folder edit NAME goes on" | "ce qui est déjà trouvé reste ; malle search-folder edit NOM continue";
    NotFilledYet: "the search folder is not filled yet: malle search-folder edit NAME goes on" | "le dossier de recherche n’est pas encore rempli : malle search-folder edit NOM continue";
    SearchUnset: "looks for nothing yet" | "ne cherche encore rien";
    SearchRunning: "follows the store" | "suit le magasin";
    SearchFilling: "not filled yet" | "pas encore rempli";
    SearchStopped: "stopped" | "arrêté";
    SearchFinished: "filled once" | "rempli une fois";
    NotOfAQuery: "not made of a query" | "ne vient pas d’une requête";
    WithSubfolders: "with all below" | "avec tout ce qui est dessous";
    WithoutSubfolders: "without what is below" | "sans ce qui est dessous";
    SearchedField: "Searched" | "Cherché dans";
    StateField: "State" | "État";
    MessagesUnreadField: "Messages (unread)" | "Messages (non lus)";
    ColState: "STATE" | "ÉTAT";
    ColQuery: "QUERY" | "REQUÊTE";
    // forms
    // folders and objects
    UnknownFolder: "there is no folder “{0}”" | "il n’y a pas de dossier « {0} »";
    UnknownFolderHint: "malle folder list shows what there is" | "malle folder list montre ceux qui existent";
    FolderHasNoName: "a folder needs a name" | "un dossier doit avoir un nom";
    UnknownStore: "no store of profile “{1}” goes by the letter “{0}”" | "aucun magasin du profil « {1} » ne porte la lettre « {0} »";
    ServiceFailed: "the service {0} ({1}) does not work: {2}" | "le service {0} ({1}) ne fonctionne pas : {2}";
    NotAnId: "“{0}” is not an id: a store’s letter and a number are expected, as in a1234" | "« {0} » n’est pas un identifiant : lettre de magasin et numéro attendus, par exemple a1234";
    NoSuchPart: "{0} has no part “{1}”" | "{0} n’a pas de partie « {1} »";
    NotAMessage: "{0} is not a message" | "{0} n’est pas un message";
    NotAFolder: "{0} is not a folder" | "{0} n’est pas un dossier";
    NotThere: "{0} is not there" | "{0} n’existe pas";
    FolderCreated: "folder {1} created: {0}" | "dossier {1} créé : {0}";
    FolderRenamed: "folder {0} is now called “{1}”" | "le dossier {0} s’appelle maintenant « {1} »";
    FolderMoved: "folder {0} moved to {1}" | "dossier {0} déplacé vers {1}";
    FolderCopied: "folder copied: {0}" | "dossier copié : {0}";
    FolderDeleted: "folder {0} deleted for good" | "dossier {0} supprimé définitivement";
    FolderToDeleted: "folder {0} moved to Deleted Items" | "dossier {0} déplacé dans les éléments supprimés";
    // views
    ViewCreated: "view “{0}” created for {1}" | "vue « {0} » créée pour {1}";
    ViewCreatedForAll: "view “{0}” created for every folder" | "vue « {0} » créée pour tous les dossiers";
    ViewIsDefault: "{1} opens with the view “{0}”" | "{1} s’ouvre avec la vue « {0} »";
    NormalIsDefault: "{1} opens with the normal view" | "{1} s’ouvre avec la vue normale";
    ViewDeleted: "view “{0}” deleted" | "vue « {0} » supprimée";
    StaleView: "{0} is shown in the normal view; its own cannot be used: {1}" | "{0} est montré en vue normale ; la sienne est inutilisable : {1}";
    NormalIsTaken: "“{0}” stands for the normal view; give it another name" | "« {0} » désigne la vue normale ; donnez-lui un autre nom";
    TooManyGroups: "a view has at most {0} groups" | "une vue a au plus {0} niveaux de groupes";
    OneSortKey: "a view is sorted by one property, not by “{0}”" | "une vue est triée selon une seule propriété, pas selon « {0} »";
    ViewGroups: "grouped by: {0}" | "groupé par : {0}";
    ViewSort: "sorted by: {0}" | "trié par : {0}";
    ViewFilter: "only: {0}" | "seulement : {0}";
    PlaceFolder: "this folder" | "ce dossier";
    PlacePersonal: "every folder, mine" | "tous les dossiers, à moi";
    PlaceCommon: "every folder, everybody’s" | "tous les dossiers, à tous";
    ColPlace: "FOR" | "POUR";
    ColProperty: "PROPERTY" | "PROPRIÉTÉ";
    ColTitle: "TITLE" | "TITRE";
    ColWidth: "WIDTH" | "LARGEUR";
    FolderEmptied: "folder {0} emptied" | "dossier {0} vidé";
    SpecialFolder: "{0} is one of the store’s own folders" | "{0} est un dossier propre au magasin";
    ConfirmDeleteFolder: "Delete folder {0} with all it holds, for good?" | "Supprimer définitivement le dossier {0} et tout son contenu ?";
    ConfirmEmptyFolder: "Delete everything in {0} for good?" | "Supprimer définitivement tout le contenu de {0} ?";
    // columns
    ColName: "NAME" | "NOM";
    ColId: "ID" | "ID";
    ColFrom: "FROM" | "DE";
    ColSubject: "SUBJECT" | "OBJET";
    ColDate: "DATE" | "DATE";
    ColSize: "SIZE" | "TAILLE";
    ColMessages: "MESSAGES" | "MESSAGES";
    ColUnread: "UNREAD" | "NON LUS";
    ColService: "SERVICE" | "SERVICE";
    ColTag: "TAG" | "BALISE";
    ColType: "TYPE" | "TYPE";
    ColValue: "VALUE" | "VALEUR";
    DefaultMark: "default" | "par défaut";
    NoSubject: "(no subject)" | "(sans objet)";
    NoValue: "(none)" | "(aucun)";
    GroupCounts: "{0}, {1} unread" | "{0}, {1} non lus";
    NoSuchHeading: "no group has the heading “{0}”" | "aucun groupe ne s’intitule « {0} »";
    TooManyLevels: "a list has at most {0} levels of groups" | "une liste a au plus {0} niveaux de groupes";
    LowImportance: "low" | "faible";
    NormalImportance: "normal" | "normale";
    HighImportance: "high" | "haute";
    Flagged: "flagged" | "marqué";
    FlagDone: "done" | "terminé";
    MoreMessages: "{0} of {1} messages shown; --limit and --offset show others" | "{0} messages sur {1} affichés ; --limit et --offset montrent les autres";
    MoreOfThread: "{0} of {1} messages shown; --limit shows more" | "{0} messages sur {1} affichés ; --limit en montre davantage";
    OpeningStores: "opening the stores" | "ouverture des magasins";
    // search
    Searching: "searching" | "recherche";
    NothingFound: "nothing was found" | "rien n’a été trouvé";
    QueryField: "Query" | "Requête";
    RestrictionField: "Restriction" | "Restriction";
    IndexField: "Index" | "Index";
    ExpressionField: "Expression" | "Expression";
    RowsField: "Rows" | "Lignes";
    OrderField: "Order" | "Ordre";
    AllFolders: "(all folders)" | "(tous les dossiers)";
    RootFolder: "(root folder)" | "(dossier racine)";
    RowsExact: "exactly those that the index names" | "exactement celles que l’index nomme";
    RowsTested: "each is tested with the restriction" | "chacune est vérifiée avec la restriction";
    RowsInOrder: "read in order, only as many as are shown" | "lues dans l’ordre, seulement celles montrées";
    RowsSorted: "all are found, then sorted" | "toutes sont trouvées, puis triées";
    BadQuery: "the query is not understood at character {0}: {1}" | "la requête n’est pas comprise au caractère {0} : {1}";
    QueryEmpty: "there is nothing to look for" | "il n’y a rien à chercher";
    QueryEmptyHint: "* finds every message" | "* trouve tous les messages";
    QueryUnknownField: "“{0}:” is no field" | "« {0}: » n’est pas un champ";
    QueryDidYouMean: "did you mean “{0}”?" | "vouliez-vous dire « {0} » ?";
    QueryQuoteHint: "in quotation marks it is text; malle search --help lists the fields" | "entre guillemets c’est du texte ; malle search --help montre les champs";
    QueryUnknownValue: "“{0}:” does not know “{1}”" | "« {0}: » ne connaît pas « {1} »";
    QueryKnownValues: "it knows {0}" | "valeurs possibles : {0}";
    QueryMissingValue: "“{0}:” needs a value right behind the colon" | "« {0}: » demande une valeur juste après les deux-points";
    QueryFieldInField: "“{1}:” cannot stand among the values of “{0}:”" | "« {1}: » ne peut pas être parmi les valeurs de « {0}: »";
    QueryBadDate: "“{0}” is no date" | "« {0} » n’est pas une date";
    QueryBadDateHint: "2024-05-01, 2024-05, 2024, today, yesterday, 7d, 2w, 3m or 1y" | "2024-05-01, 2024-05, 2024, today (aujourd’hui), yesterday (hier), 7d (jours), 2w (semaines), 3m (mois) ou 1y (an)";
    QueryRangeNotHere: "“{0}:” takes one date; on: takes a range" | "« {0}: » prend une seule date ; on: prend un intervalle";
    QueryBadSize: "“{0}” is no size" | "« {0} » n’est pas une taille";
    QueryBadSizeHint: "300k, 5M or 1.5G" | "300k, 5M ou 1.5G";
    QueryStarInside: "* can only stand at the end of a word" | "* ne peut être qu’à la fin d’un mot";
    QueryNoWords: "“{0}” has no letters or digits to look for" | "« {0} » n’a ni lettres ni chiffres à chercher";
    QueryMissingOperand: "{0} has nothing to work on" | "{0} ne porte sur rien";
    QueryOpenQuote: "this quotation mark is not closed" | "ce guillemet n’est pas fermé";
    QueryOpenParenthesis: "this parenthesis is not closed" | "cette parenthèse n’est pas fermée";
    QueryStrayParenthesis: "this parenthesis was not opened" | "cette parenthèse n’a pas été ouverte";
    QueryEmptyParentheses: "there is nothing between the parentheses" | "il n’y a rien entre les parenthèses";
    QueryTooDeep: "it is nested too deeply" | "elle est trop imbriquée";
    QueryTooLong: "it has too many parts" | "elle a trop d’éléments";
    ColFolder: "FOLDER" | "DOSSIER";
    // reader
    From: "From" | "De";
    To: "To" | "À";
    Cc: "Cc" | "Cc";
    Bcc: "Bcc" | "Cci";
    Tracking: "Tracking" | "Suivi";
    TrackDelivered: "delivered" | "remis";
    TrackNotDelivered: "not delivered" | "non remis";
    TrackNotRead: "deleted unread" | "supprimé sans être lu";
    TrackRead: "read" | "lu";
    TrackReplied: "answered" | "répondu";
    TrackRecalled: "called back" | "rappelé";
    TrackNotRecalled: "could not be called back" | "n’a pu être rappelé";
    ResendHint: "Again, to those alone who did not get it: malle resend {0} --send" | "À nouveau, à ceux seuls qui ne l’ont pas reçu : malle resend {0} --send";
    Reported: "Reported" | "Destinataire concerné";
    Date: "Date" | "Date";
    Subject: "Subject" | "Objet";
    FolderField: "Folder" | "Dossier";
    Attachment: "Attachment" | "Pièce jointe";
    Defects: "Defects of the source" | "Défauts de la source";
    NoBody: "(no text)" | "(aucun texte)";
    NoHtml: "{0} has no HTML body" | "{0} n’a pas de corps HTML";
    NoHeaders: "{0} has no transport headers" | "{0} n’a pas d’en-têtes de transport";
    NoAttachment: "{0} has no attachment {1}" | "{0} n’a pas de pièce jointe {1}";
    NoAttachmentData: "attachment {1} of {0} holds no data here ({2})" | "la pièce jointe {1} de {0} ne contient pas de données ici ({2})";
    // properties
    BadProperty: "“{0}” is no property: {1}" | "« {0} » n’est pas une propriété : {1}";
    BadRestriction: "the restriction is not understood: {0}" | "la restriction n’est pas comprise : {0}";
    BadValue: "“{0}” is not a value of {1}: {2}" | "« {0} » n’est pas une valeur de {1} : {2}";
    SetNeedsValue: "“{0}”: PROPERTY=VALUE is expected" | "« {0} » : PROPRIÉTÉ=VALEUR attendu";
    Same: "both have the same properties" | "les deux ont les mêmes propriétés";
    PropsChanged: "{0}: {1} set, {2} deleted" | "{0} : {1} définies, {2} supprimées";
    // messages: mark, move, copy, delete
    Marked: "{0} marked" | "{0} marqués";
    Moved: "{0} moved to {1}" | "{0} déplacés vers {1}";
    Copied: "{0} copied to {1}" | "{0} copiés vers {1}";
    ToDeleted: "{0} moved to Deleted Items" | "{0} déplacés dans les éléments supprimés";
    DeletedForGood: "{0} deleted for good" | "{0} supprimés définitivement";
    DryRun: "nothing was changed (--dry-run)" | "rien n’a été modifié (--dry-run)";
    ItemsFailed: "{0} failed:" | "{0} en échec :";
    // import and export
    Imported: "{0} imported, {1} skipped (already there), {2} failed: {3} in {4}" | "{0} importés, {1} ignorés (déjà là), {2} en échec : {3} en {4}";
    WouldImport: "{0} would be imported, {1} skipped (already there), {2} refused: {3}" | "{0} seraient importés, {1} ignorés (déjà là), {2} refusés : {3}";
    Interrupted: "interrupted; the same command goes on from here" | "interrompu ; la même commande reprendra ici";
    Importing: "importing" | "importation";
    Exporting: "exporting" | "exportation";
    Checking: "checking" | "vérification";
    Compacting: "compacting" | "compactage";
    CopyingStore: "copying" | "copie";
    Exported: "{0} exported to {1}" | "{0} exportés vers {1}";
    MadeNew: "{0}: no valid original is kept, so new Internet mail was made" | "{0} : aucun original valable n’est gardé, un nouveau message Internet a été fait";
    NotCarried: "{0}: new Internet mail cannot carry {1} ({2})" | "{0} : un nouveau message Internet ne peut porter {1} ({2})";
    NotInFile: "{0}: a .msg file cannot carry {1} ({2})" | "{0} : un fichier .msg ne peut porter {1} ({2})";
    DamagedFile: "{0}: {1} ({2}); the rest was read" | "{0} : {1} ({2}) ; le reste a été lu";
    NeedsTo: "this needs --to PATH" | "il faut --to CHEMIN";
    ToTerminal: "binary data is not written to a terminal: redirect it" | "pas de données binaires sur un terminal : redirigez la sortie";
    // watch
    Watching: "watching {0}; Ctrl-C ends" | "surveillance de {0} ; Ctrl-C pour finir";
    NotWatched: "nothing is told of {0}: a store, a folder or the id of a message is expected" | "rien n’est signalé de {0} : magasin, dossier ou identifiant de message attendu";
    NoSuchEvent: "there is no event “{0}” here; malle watch --help tells which there are with and without --table" | "pas d’événement « {0} » ici ; malle watch --help dit lesquels existent avec et sans --table";
    TooFewEvents: "{0} of {1} events came in time" | "{0} événements sur {1} sont venus à temps";
    // secrets
    ColKeptIn: "KEPT IN" | "GARDÉ DANS";
    AskPassphrase: "Passphrase of {0}" | "Phrase de passe de {0}";
    AskNewPassphrase: "New passphrase for {0}" | "Nouvelle phrase de passe pour {0}";
    AskSecret: "Secret for {0}" | "Secret pour {0}";
    AskAgain: "Once more" | "Encore une fois";
    AnswersDiffer: "the two answers differ" | "les deux réponses diffèrent";
    SecretStored: "{0} stored ({1})" | "{0} enregistré ({1})";
    SecretRotated: "{0} replaced ({1})" | "{0} remplacé ({1})";
    SecretReadable: "{0} can be read ({1})" | "{0} est lisible ({1})";
    SecretLeaving: "deleted, still there" | "supprimé, encore présent";
    SecretDeleted: "{0} deleted" | "{0} supprimé";
    SecretDeletedLater: "{0} forgotten; it is removed when what keeps it is next open" | "{0} oublié ; il sera retiré à la prochaine ouverture de ce qui le garde";
    PassphraseRotated: "the encrypted file has another passphrase" | "le fichier chiffré a une autre phrase de passe";
    SecretMissing: "no secret {0} was stored" | "aucun secret {0} n’est enregistré";
    SecretEmpty: "a secret cannot be empty" | "un secret ne peut pas être vide";
    SecretNoInput: "nothing to read the secret from: give it on standard input" | "rien d’où lire le secret : donnez-le sur l’entrée standard";
    BadSecretName: "“{0}” is no name of a secret: SERVICE/KEY or PROFILE/SERVICE/KEY" | "« {0} » n’est pas un nom de secret : SERVICE/CLÉ ou PROFIL/SERVICE/CLÉ";
    NoServiceOfSecret: "there is no one service “{0}” in the profile “{1}”" | "il n’y a pas un seul service « {0} » dans le profil « {1} »";
    WrongPassphrase: "the passphrase does not open {0}" | "la phrase de passe n’ouvre pas {0}";
    NoPassphrase: "the passphrase of {0} is needed, and there is nobody to ask" | "la phrase de passe de {0} est nécessaire, et il n’y a personne à qui la demander";
    NoPassphraseHint: "name a file that holds it: --passphrase-file, MALLE_PASSPHRASE_FILE, or passphrase_file in secrets.toml" | "nommez un fichier qui la contient : --passphrase-file, MALLE_PASSPHRASE_FILE, ou passphrase_file dans secrets.toml";
    KeyringLocked: "the keyring is locked, and was not unlocked" | "le trousseau est verrouillé, et n’a pas été déverrouillé";
    NoKeyring: "the keyring cannot be reached: {0}" | "le trousseau est hors d’atteinte : {0}";
    // receive folders
    ColClass: "CLASS" | "CLASSE";
    AnyOther: "(any other)" | "(toute autre)";
    ReceivedIn: "{0} arrives in {1}, as assigned to {2}" | "{0} arrive dans {1}, affectation de {2}";
    ReceivedInRoot: "{0} arrives in the root folder: nothing is assigned to it" | "{0} arrive dans le dossier racine : aucune affectation";
    NowReceived: "{0} now arrives in {1}" | "{0} arrive désormais dans {1}";
    ConfirmNoDefault: "Let messages of unknown classes arrive in the root folder, where nobody sees them?" | "Laisser les messages de classes inconnues arriver dans le dossier racine, où personne ne les voit ?";
    BadClass: "“{0}” is no message class: words joined by dots, as in IPM.Note, at most 255 characters" | "« {0} » n’est pas une classe de message : des mots joints par des points, comme IPM.Note, 255 caractères au plus";
    // reports
    ReportsReceipts: "read reports when you read: {0}" | "accusés de lecture quand vous lisez : {0}";
    ReportsCollected: "nondelivery reports about {0} go on to {1}" | "les avis de non-remise des {0} sont renvoyés à {1}";
    SendReceipt: "{0} asks to be told that you read this. Tell?" | "{0} demande à savoir que vous avez lu ceci. Le dire ?";
    SendReceiptElsewhere: "{0} ({1}) is to be told that you read this. Tell?" | "{0} ({1}) doit apprendre que vous avez lu ceci. Le dire ?";
    // repair
    TreeWhole: "all of the store’s own folders are there" | "tous les dossiers propres au magasin sont là";
    TreeMissing: "{0}: missing" | "{0} : manque";
    TreeStale: "{0}: points to a folder that is gone" | "{0} : désigne un dossier disparu";
    TreeUntold: "{0}: there, but not found by all who look for it" | "{0} : présent, mais introuvable pour certains";
    TreeClass: "messages of {0}: their receive folder is gone; they arrive as before it was chosen" | "messages {0} : leur dossier de réception a disparu ; ils arrivent comme avant ce choix";
    TreeMade: "{0}: made, {1}" | "{0} : créé, {1}";
    TreeFound: "{0}: found, {1}" | "{0} : retrouvé, {1}";
    // store
    StoreClean: "clean: {0} folders, {1} messages, {2} large values" | "sain : {0} dossiers, {1} messages, {2} grandes valeurs";
    StoreProblems: "{0} problems:" | "{0} problèmes :";
    Compacted: "{0} given back" | "{0} rendus";
    BackedUp: "copied to {0}" | "copié vers {0}";
    NoFile: "this store has no file to look after" | "ce magasin n’a pas de fichier à entretenir";
    Caring: "caring for the store" | "entretien du magasin";
    CaredHere: "done: nobody else keeps this store" | "fait : personne d’autre ne tient ce magasin";
    CaredThere: "done by the process that keeps this store" | "fait par le processus qui tient ce magasin";
    KeeperSilent: "process {0} ({1}) has kept this store since {2} and does not answer" | "le processus {0} ({1}) tient ce magasin depuis {2} et ne répond pas";
    KeeperSilentHint: "it may be stopped (fg, kill -CONT): when it goes on it does what was asked; when it ends another may take over" | "il est peut-être suspendu (fg, kill -CONT) : quand il reprendra, il fera ce qui est demandé ; s’il se termine, un autre prendra la suite";
    KeeperUnknown: "another process keeps this store and cannot be asked" | "un autre processus tient ce magasin et ne peut pas être interrogé";
    // daemon and status
    DaemonRuns: "a daemon runs already for this home: process {0}" | "un démon tourne déjà pour ce répertoire : processus {0}";
    DaemonRunsSomewhere: "a daemon runs already for this home, and does not answer" | "un démon tourne déjà pour ce répertoire et ne répond pas";
    DaemonRunsHint: "malle status shows it, malle daemon --stop ends it, --standby waits for its end" | "malle status le montre, malle daemon --stop l’arrête, --standby attend sa fin";
    DaemonEnded: "the daemon (process {0}) has ended" | "le démon (processus {0}) s’est terminé";
    DaemonReloaded: "the daemon (process {0}) has read the profiles anew" | "le démon (processus {0}) a relu les profils";
    DaemonSilent: "the daemon (process {0}) does not answer" | "le démon (processus {0}) ne répond pas";
    NoDaemon: "no daemon runs for this home" | "aucun démon ne tourne pour ce répertoire";
    NoUnit: "no unit can be made for {0}: its path has a line break or is no Unicode" | "impossible de faire une unité pour {0} : son chemin contient un saut de ligne ou n’est pas de l’Unicode";
    StatusDaemon: "daemon: process {0}" | "démon : processus {0}";
    StatusNoDaemon: "no daemon runs; what follows was looked at just now" | "aucun démon ne tourne ; ce qui suit vient d’être constaté";
    StatusSilent: "process {0} does not answer; what follows was looked at just now" | "le processus {0} ne répond pas ; ce qui suit vient d’être constaté";
    ColProfile: "PROFILE" | "PROFIL";
    ColStore: "STORE" | "MAGASIN";
    ColKeptBy: "KEPT BY" | "TENU PAR";
    ColWork: "WORK" | "TRAVAIL";
    KeptUnneeded: "nobody: it needs no care" | "personne : rien à entretenir";
    KeptByNobody: "nobody" | "personne";
    KeptUnknown: "not known" | "inconnu";
    KeptBy: "process {0} ({1}) since {2}" | "processus {0} ({1}) depuis {2}";
    KeptSilent: "process {0} ({1}) since {2}, does not answer" | "processus {0} ({1}) depuis {2}, ne répond pas";
    WorkIdle: "idle" | "au repos";
    StatusMail: "mail" | "courrier";
    QueueEmpty: "nothing to send" | "rien à envoyer";
    QueueWaits: "{0} to send" | "{0} à envoyer";
    QueueSending: "{0} on the way" | "{0} en cours d’envoi";
    QueueHeld: "{0} held" | "{0} retenus";
    QueueUnknown: "{0} perhaps sent" | "{0} peut-être envoyés";
    QueueNext: "next try {0}" | "prochain essai {0}";
    InfoStore: "Store" | "Magasin";
    InfoPath: "Directory" | "Répertoire";
    InfoFormat: "Format" | "Format";
    InfoFile: "File size" | "Taille du fichier";
    InfoFree: "Free inside" | "Libre à l’intérieur";
    InfoFolders: "Folders" | "Dossiers";
    InfoMessages: "Messages" | "Messages";
    InfoDeleted: "Recoverable" | "Récupérables";
    InfoValues: "Large values" | "Grandes valeurs";
    InfoNames: "Named properties" | "Propriétés nommées";
    InfoLog: "Change log" | "Journal des changements";
}
